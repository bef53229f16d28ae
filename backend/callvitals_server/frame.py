"""History for notebooks: `callvitals_server.read(...)`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from callvitals import fields

from .export import KINDS, Batch, Kind, Scope, Type, batches, columns
from .export_files import is_time
from .stored import Stored

if TYPE_CHECKING:
    import pandas

_DTYPES: dict[Type, Any] = {"int": np.int64, "float": np.float64, "bool": np.bool_}


class Table(dict[str, "np.ndarray[Any, Any]"]):
    """Columns by name, all of one length. Base units (s, bit/s, 0 to 1, score 1.0 to 5.0); `t` and
    what ends in `At`: epoch ms of the service's clock; no value: NaN, None, or -1 for an `endedAt`
    that is not there yet."""

    def __init__(self, kinds: dict[str, Type], parts: Iterable[Batch]) -> None:
        held: list[list[Any]] = [[] for _ in kinds]
        for batch in parts:
            for kept, part in zip(held, batch, strict=True):
                kept.append(part)
        super().__init__()
        for (name, type_), kept in zip(kinds.items(), held, strict=True):
            self[name] = _joined(type_, kept)

    @property
    def rows(self) -> int:
        """How many."""
        return len(next(iter(self.values())))

    def pandas(self) -> pandas.DataFrame:
        """A DataFrame; times as timestamps in UTC, ids as categories. Needs pandas."""
        import pandas

        out = {}
        for name, values in self.items():
            one: Any = values
            if is_time(name):
                one = pandas.to_datetime(np.where(values < 0, np.int64(0), values), unit="ms")
                one = pandas.Series(one.tz_localize("UTC")).mask(values < 0)
            elif name in ("meetingId", "participantId", "sessionId"):
                one = pandas.Categorical(values)
            out[name] = one
        return pandas.DataFrame(out)


def read(
    source: str | Path = "callvitals-data",
    what: Kind = "ticks",
    *,
    meeting: str | None = None,
    participant: str | None = None,
    session: str | None = None,
    started: datetime | str | int | None = None,
    start: datetime | str | int | None = None,
    end: datetime | str | int | None = None,
    metrics: Iterable[str] | str = (),
) -> Table:
    """What is kept of a range, as numpy arrays; `.pandas()` of it is a DataFrame.

    source: a data folder, in use or not, a backup, or postgresql://…; what: `ticks`, `minutes`,
    `hours`, `events`, `sessions`, `meetings`, or `hourly` (all calls by the hour); started: of the
    meeting, the occurrence that began then, all without it; started, start, end: a datetime
    (without a zone: UTC), ISO 8601 text, or epoch ms; metrics: series (the headline ones). All of
    it is in memory at once: a session's day takes 13 MB. Raises ValueError, and StorageError where
    there is no history to read.
    """
    if what not in KINDS:
        raise ValueError(f"what: one of {', '.join(KINDS)}")
    names = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    for name in names:
        if name.split(".")[0] not in fields.SERIES:
            raise ValueError(f"metrics: no series is called {name[:64]}")
    series = names or fields.HEADLINE
    scope = Scope(what, _ms(start), _ms(end), meeting, participant, session, series, _ms(started))
    kinds = columns(scope)
    with Stored(source) as history:
        return Table(kinds, batches(history, scope))


def _joined(type_: Type, parts: list[Any]) -> np.ndarray[Any, Any]:
    dtype = _DTYPES.get(type_, object)
    arrays = []
    for part in parts:
        if isinstance(part, np.ndarray):
            arrays.append(part)
            continue
        array = np.empty(len(part), dtype)
        array[:] = [_none(type_) if one is None else one for one in part]
        arrays.append(array)
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)


def _none(type_: Type) -> Any:
    return {"float": np.nan, "int": -1, "bool": False}.get(type_)


def _ms(moment: datetime | str | int | None) -> int | None:
    if moment is None or isinstance(moment, int):
        return moment
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1000)
