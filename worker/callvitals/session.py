"""The Session: fed with what happened at each tick, answers with a row and a state.

Pure: no clock, no I/O, no randomness; time comes with the tick. Its whole memory is one object of
text, integers, booleans, None, lists and objects, so that a checkpoint is that object written down,
and an engine that takes it over goes on exactly where the former one stopped.
"""

from . import (
    document,
    events,
    issue,
    link,
    measure,
    memory,
    moment,
    pulse,
    sample,
    score,
    setup,
    tally,
    telling,
    trail,
    trend,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory, Row

MAX_LINKS = 16  # connections whose metrics the state shows while watched
MAX_TIME = 4503599627370496  # 2^52: no tick or time comes near, and sums stay within 2^53


class Session:
    """One run of the SDK, from `init` to `stop`."""

    __slots__ = ("_m", "moved")

    def __init__(self) -> "None":
        self._m = memory.fresh()
        # The newest tick's streams: [(record, stream, what happened), ...]; not kept.
        self.moved: "list[Any]" = []

    def feed(self, entry: "dict[str, Any]") -> "Row":
        """One tick: {"tick", "t", "reports", "events"} (docs/internals.md) -> its row
        {"tick", "t", "values", "events", "notable"}. Never raises whatever the reports hold."""
        m = self._m
        first = m["tick"] < 0
        tick, t, since = _time(m, entry)
        kept, changed = events.enter(m, entry.get("events"))
        views = measure.views_of(m, entry.get("reports"), t)
        setup.follow(m, views, t)
        values: "dict[str, int]" = {}
        sums = tally.blank()
        sums["ms"] = since
        moved = self.moved = _measure(m, views, t, values, sums)
        if views:
            telling.headline(m, moved, values)
        _pulse(m, t, since, sums)
        trend.pool(m, t, sums)
        m["window"] = tally.push(m["window"], t, sums)
        window = tally.total(m["window"], t)
        made = issue.judge(m["issues"], moment.moment(m, t, since))
        _weigh_outage(m, made, window)
        notable = first or changed or len(made) > 0
        rated = _score(m, t, window, values)
        if rated is not None:
            made.append(rated)
            notable = True
        for name in values:
            m["net"][name] = [t, values[name]]
        telling.streams(m, moved, t, values)
        measure.forget(m, t)
        return {"tick": tick, "t": t, "values": values, "events": kept + made, "notable": notable}

    def state(self) -> "dict[str, Any]":
        """The state document (rule 7 of the wire), a fresh object."""
        return document.document(self._m)

    def memory(self) -> "Memory":
        """The memory itself, for who looks closer (`analyze`). Not to be changed."""
        return self._m

    def checkpoint(self) -> "str":
        """The Session's memory as text (ASCII) for `restore`."""
        return memory.write(self._m)


def restore(text: "str") -> "Session":
    """The Session that wrote the checkpoint. Raises ValueError on an unknown or broken text."""
    session = Session()
    session._m = memory.read(text)
    return session


# ---------------------------------------------------------------------------------------------
# the steps of a tick


def _time(m: "Memory", entry: "dict[str, Any]") -> "tuple[int, int, int]":
    """(tick, t, ms since the former tick); what is no integer is counted and made up."""
    tick: "Any" = entry.get("tick")
    t: "Any" = entry.get("t")
    if not events.is_int(tick) or not 0 <= tick <= MAX_TIME:
        m["counts"]["nonsense"] += 1
        tick = m["tick"] + 1
    if not events.is_int(t) or not 0 <= t <= MAX_TIME:
        m["counts"]["nonsense"] += 1
        t = m["t"]
    since = t - m["t"] if m["tick"] >= 0 else 0
    m["tick"] = tick
    m["t"] = t
    if since < 0 or since * 1000 > sample.HOLE_US:
        since = 0  # a hole or a step back: nothing is judged across it
    return tick, t, since


def _measure(
    m: "Memory",
    views: "list[tuple[str, Any]]",
    t: "int",
    values: "dict[str, int]",
    sums: "dict[str, int]",
) -> "list[Any]":
    """Follow all streams and connections; gives [(record, stream, what happened), ...]."""
    moved = []
    by_pc: "dict[str, list[Any]]" = {}
    dead = _dead(m)
    for record, stream in measure.match(m, views, t):
        pc = record["pc"]
        what = measure.step(record, stream)
        moved.append((record, stream, what))
        by_pc.setdefault(pc, []).append((stream, what))
        if what:
            pulses = m["pcs"][pc]
            calm = pulse.excused(pulses, stream["direction"], t)
            if stream["kind"] == "audio" and stream["direction"] == "outbound":
                calm = calm or trail.is_unheard(what)  # sound one way, an issue by itself
            tally.add(sums, what, stream, calm, pulses["key"] in dead, m["labels"])
            screen = stream["kind"] == "video" and tally.is_screen(stream, m["labels"])
            paused = trail.is_paused(record, what)
            after = pulse.excused(pulses, "outbound", t)
            live = pulses["told"].get(stream["kind"]) == "live"
            trail.follow(record, stream, what, t, calm, after, screen, live)
            if what.get("frozen") and not (screen or paused):
                record["frozen"].append([t, sample.half_up(what["frozen"], 1000)])
        if record["frozen"]:
            record["frozen"] = [one for one in record["frozen"] if one[0] > t - tally.WINDOW_MS]
    tally.add_shown(sums, moved, m["labels"])
    worst = None
    for number, (pc, view) in enumerate(views):
        record = m["pcs"][pc]
        before = record["sources"]
        here = by_pc.get(pc, [])
        measure.rate(values, record, view, here, measure.MAX_SOURCES // len(m["pcs"]))
        pulse.feel(record, before, view, here, t)
        if "link" not in record:
            record["link"] = link.fresh()
        link.follow(record["link"], view, here, m["watch"] and number < MAX_LINKS)
        record["seen"] = t
        rtt = measure.round_trip(view)
        if rtt is not None and (worst is None or rtt > worst):
            worst = rtt
        for key in sorted(view["transports"]):
            if "iceState" in view["transports"][key] and "ice" not in record["told"]:
                record["iceSeen"] = view["transports"][key]["iceState"][:32]
    if worst is not None:
        values["rtt"] = worst
        sums["rttSum"] += worst * sums["ms"]
        sums["rttWeight"] += sums["ms"]
    for name in m["pcs"]:
        pulse.states(m["pcs"][name], t)
    return moved


def _pulse(m: "Memory", t: "int", since: "int", sums: "dict[str, int]") -> "None":
    """Time in which an open outage let nothing through, weighed by connections that carry media."""
    carrying = 0
    out = 0
    dead = _dead(m)
    for name in m["pcs"]:
        record = m["pcs"][name]
        if record["pulse"].get("flowed"):
            carrying += 1
            if record["key"] in dead and record["live"] < t:
                out += 1
    if carrying and out:
        sums["dead"] += sample.half_up(since * out, carrying)


def _dead(m: "Memory") -> "set[str]":
    """Keys of the connections that an outage is open for, in whichever direction."""
    keys = set()
    for key in m["issues"]["open"]:
        one = m["issues"]["open"][key]
        if one["type"] == "outage":
            keys.add(one["subject"].split(" ")[0])
    return keys


def _weigh_outage(m: "Memory", made: "list[dict[str, Any]]", window: "dict[str, int]") -> "None":
    """An outage just found began some samples ago: its time counts from its beginning."""
    carrying = 0
    for name in m["pcs"]:
        carrying += 1 if m["pcs"][name]["pulse"].get("flowed") else 0
    for event in made:
        if event["type"] == "issue-open" and event["name"] == "outage":
            late = sample.half_up(event["evidence"]["silentMs"], max(1, carrying))
            tally.add_dead(m["window"], late)
            window["dead"] += late


def _score(
    m: "Memory", t: "int", window: "dict[str, int]", values: "dict[str, int]"
) -> "dict[str, Any] | None":
    """Score the window; gives the event of a changed rating, if it changed."""
    value, reasons, parts = score.score(window)
    if value is None:
        m["media"] = None
    elif m["media"] is None:
        m["media"] = t
    if value is None or t - m["media"] < tally.WINDOW_MS:
        value = None
        reasons = {}
        parts = {}
    m["score"] = value
    m["reasons"] = reasons
    m["parts"] = parts
    if value is not None:
        values["score"] = value
    was = m["rating"]
    m["rating"] = score.rating(value)
    if was == m["rating"]:
        return None
    event = {"type": "rating", "from": was, "to": m["rating"]}
    if value is not None:
        event["score"] = value
    return event
