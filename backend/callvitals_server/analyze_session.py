"""One session of an export, as a connection of an analysed recording. Pure."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
from callvitals import analysis, catalog, fields, line, present, score, values
from callvitals.dump import time_of

from . import recordings, rollup
from .analyze_rows import Row
from .columns import HOUR_MS, Columns, Floats, Ints, ints
from .series import plain as in_base_units

MAX_SERIES = 500
MAX_ID = 512
_LARGEST = 2**53  # beyond it nothing is exact


class Exported:
    """A session as far as an export tells of it. `had`: which exports did."""

    def __init__(self) -> None:
        self.had: set[str] = set()
        self.meeting = ""
        self.who = ""
        self.events: list[Row] = []
        self.issues: list[Row] = []
        self._open: dict[str, Row] = {}
        self._whole: Row = {}  # of the export of sessions
        self._t = array("q")
        self._tick = array("q")
        self._ms = array("q")  # that a row stands for; 0: a tick
        self._ticks = 0
        self._series: dict[str, tuple[int, array[float]]] = {}  # steps; 0: none of ours

    def take(self, what: str, row: Row) -> bool:
        """A row of this session; False where it cannot be read."""
        t = time_of(row.get("startedAt" if what == "sessions" else "t"))
        if t is None:
            return False
        if not self.had:
            self.meeting = _text(row.get("meetingId"), MAX_ID)
            self.who = _text(row.get("participantId"), MAX_ID)
        self.had.add(what)
        if what == "sessions":
            self._whole = row
        elif what == "events":
            self._event(t, row)
        else:
            self._values(t, row)
        return True

    def _values(self, t: int, row: Row) -> None:
        n = len(self._t)
        self._t.append(t)
        tick, seconds = time_of(row.get("tick")), _number(row.get("seconds"))
        self._ticks += 1 if seconds is None else time_of(row.get("ticks")) or 0
        self._tick.append(n if tick is None else tick)
        self._ms.append(0 if seconds is None else round(min(max(0.001, seconds) * 1000, HOUR_MS)))
        for name, value in row.items():
            known = self._series.get(name)
            if known is None:
                if len(self._series) >= MAX_SERIES:
                    continue
                known = self._series[name] = (_steps(name), array("d"))
            steps, column = known
            number = _number(value) if steps else None
            if number is not None and abs(number) * steps < _LARGEST:
                if len(column) < n:
                    column.extend([math.nan] * (n - len(column)))
                column.append(number)

    def _event(self, t: int, row: Row) -> None:
        type_ = _text(row["type"], 64)
        detail = row["detail"] if isinstance(row["detail"], dict) else {}
        if type_ not in ("issue-open", "issue-close"):
            if len(self.events) < line.MAX_EVENTS:
                self.events.append({**detail, "type": type_, "t": t})
            return
        key = str(detail.get("issue"))
        one = self._open.pop(key, None)
        if type_ == "issue-open" or one is None:  # one that closes was open before the range
            one = {}
            if len(self.issues) < line.MAX_EVENTS:
                self.issues.append(one)
        over = type_ == "issue-close"
        since, until = time_of(detail.get("since")), time_of(detail.get("until"))
        evidence = detail.get("evidence")
        one.update(
            {
                "type": _text(detail.get("name"), 64) or "issue",
                "severity": "major" if detail.get("severity") == "major" else "minor",
                "since": t if since is None else since,
                "until": (t if until is None else until) if over else None,
                "open": not over,
                "sentence": _text(detail.get("sentence"), 1024),
                "evidence": evidence if isinstance(evidence, dict) else {},
            }
        )
        if not over:
            self._open[key] = one

    def told(self, name: str, series: bool) -> Row:
        """As docs/recordings.md has a connection. name: its own."""
        columns = self._columns()
        whole = self._whole
        times = [*columns.t[:1].tolist(), *columns.t[-1:].tolist()]
        if self._ms and self._ms[-1]:
            times.append(times[-1] + self._ms[-1])  # a minute reaches to its end
        times += [one["t"] for one in self.events]
        times += [
            one[at] for one in self.issues for at in ("since", "until") if one[at] is not None
        ]
        times += [t for at in ("startedAt", "lastAt") if (t := time_of(whole.get(at))) is not None]
        start, end = min(times), max(times)
        for one in self._open.values():
            one["until"] = end
        mean, lowest, rated = self._score(columns)
        if mean is None and 1 <= (_number(whole.get("score")) or 0) <= 5:
            mean = math.floor(whole["score"] * 100 + 0.5)  # how it stood when it ended
        rating = score.rating(mean)
        sentence = analysis.sentence(self.issues, rating, {}, end - start)
        if not sentence and rating in ("fair", "poor"):
            sentence = _spent(rated)
        out = {
            "pc": name,
            "start": start,
            "end": end,
            "duration": (end - start) / 1000,
            "score": present.value("score", mean),
            "rating": rating,
            "sentence": sentence,
            "reasons": {},
            "parts": {},
            "lowest": lowest,
            "state": None,
            "route": {},
            "setup": {},
            "reports": self._ticks,
            "means": _means(columns),
            "streams": [],
            "issues": self.issues,
            "events": self.events,
        }
        if series:
            known = in_base_units(columns)
            out["series"] = {"t": known["t"], "series": known["series"]}
        return out

    def _columns(self) -> Columns:
        """In order of time, at the wire's scale."""
        n = len(self._t)
        t, tick = ints(self._t), ints(self._tick)
        order = np.argsort(t, kind="stable")
        told = {}
        for name in sorted(self._series):
            steps, column = self._series[name]
            if steps:
                column.extend([math.nan] * (n - len(column)))
                told[name] = np.floor(np.array(column) * steps + 0.5)[order]
        return Columns(tick[order], t[order], told)

    def _score(self, columns: Columns) -> tuple[int | None, Row | None, list[int]]:
        """(mean over the time that had one, `lowest`, ms good, fair, poor), as history has them."""
        column = columns.values.get("score")
        if column is None or not (there := (column >= 100) & (column <= 500)).any():
            return None, None, [0, 0, 0]
        ms = ints(self._ms)
        if not ms.all():
            ms = rollup.covered(columns, None)[0]
        given: Ints = column[there].astype(np.int64)
        time = ms[there]
        total = int(time.sum())
        mean = (2 * int((given * time).sum()) + total) // (2 * total)
        at = int(np.argmin(given))
        lowest = {"score": int(given[at]) / 100, "t": int(columns.t[there][at])}
        good, fair = given >= score.GOOD, given >= score.FAIR
        rated = [good, fair & ~good, ~fair]
        return mean, lowest, [int(time[these].sum()) for these in rated]


def _spent(rated: list[int]) -> str:
    """Where no issue tells the cause: "Poor for 3 min 20 s, fair for 10 s of 12 min 0 s."."""
    _, fair, poor = rated
    parts = [(poor, "poor"), (fair, "fair")]
    told = ", ".join(f"{name} for {recordings.span(ms / 1000)}" for ms, name in parts if ms)
    return f"{told.capitalize()} of {recordings.span(sum(rated) / 1000)}." if told else ""


def _means(columns: Columns) -> Row:
    out = {}
    for name in fields.HEADLINE:
        column: Floats = columns.values.get(name, np.empty(0))
        given = column[~np.isnan(column)].astype(np.int64).tolist()
        if given and name != "score":
            out[name] = analysis.mean(name, given)
    return out


def _steps(name: str) -> int:
    """Steps of a series' integer per base unit; 0: we have no such series."""
    bare = name.split(".")[0]
    return (fields.SERIES.get(bare) or catalog.unit(bare) or (0,))[0]


def _number(value: Any) -> float | None:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if plain and abs(value) < _LARGEST else None


def _text(value: Any, most: int) -> str:
    return values.clean_text(value, most) if isinstance(value, str) else ""
