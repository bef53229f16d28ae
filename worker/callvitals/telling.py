"""What a tick tells: the headline series, pooled over streams, and the streams' own series."""

from . import catalog, metrics, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory

GRID_MS = 10000  # streams' series are told this often


def headline(m: "Memory", moved: "list[Any]", values: "dict[str, int]") -> "None":
    """Put the headline series of the wire that pool or compare streams into values.

    moved: [(record, stream, what happened), ...].
    """
    totals: "dict[str, int]" = {}
    active = {"audioIn": 0, "videoIn": 0, "audioOut": 0, "videoOut": 0}
    shown: "dict[str, Any]" = {}
    for _record, stream, what in moved:
        if not what:
            continue
        inbound = stream["direction"] == "inbound"
        side = "In" if inbound else "Out"
        for name in ("lost", "expected"):
            totals[name + side] = totals.get(name + side, 0) + what.get(name, 0)
        if inbound and stream["kind"] == "audio":
            for name in ("concealed", "samples"):
                totals[name] = totals.get(name, 0) + what.get(name, 0)
        if inbound and what.get("frozen"):
            _most(values, "frozen", sample.half_up(what["frozen"], 1000))
        if not what["packets"]:
            continue
        active[stream["kind"] + side] += 1
        if stream["kind"] == "video":
            _picture(values, shown, stream, what)
    for name, part, whole in (
        ("lossIn", "lostIn", "expectedIn"),
        ("lossOut", "lostOut", "expectedOut"),
        ("concealed", "concealed", "samples"),
    ):
        sample.put_ratio(values, name, totals.get(part, 0), totals.get(whole, 0))
    kind = "audio" if active["audioIn"] else "video"
    for _record, stream, what in moved:
        if what and what["packets"] and stream["direction"] == "inbound" and stream["kind"] == kind:
            if "jitter" in stream:
                _most(values, "jitter", stream["jitter"])
            if what.get("emitted"):
                buffer = sample.half_up(what.get("buffer", 0), what["emitted"] * 100)
                _most(values, "jitterBuffer", buffer)
    m["active"] = active
    m["video"] = shown
    # What no network carries and no camera gives is nonsense, and would not fit the wire.
    for name in sorted(values):
        if values[name] > metrics.MOST:
            del values[name]


def _most(values: "dict[str, int]", name: "str", value: "int") -> "None":
    if name not in values or value > values[name]:
        values[name] = value


def _picture(
    values: "dict[str, int]",
    shown: "dict[str, Any]",
    stream: "dict[str, Any]",
    what: "dict[str, int]",
) -> "None":
    """An active video's frame rate; the largest incoming picture is the one the state shows."""
    inbound = stream["direction"] == "inbound"
    fps = None
    if "frames" in what:
        fps = sample.per_second(what["frames"] * 10, what["us"])
    elif "framesPerSecond" in stream:
        fps = sample.half_up(stream["framesPerSecond"], 100)
    if fps is not None:
        if not inbound:
            _most(values, "fpsOut", fps)
        elif "fpsIn" not in values or fps < values["fpsIn"]:
            values["fpsIn"] = fps
    if inbound:
        if what.get("frozen") is not None:
            _most(values, "frozen", sample.half_up(what["frozen"], 1000))
        width = stream.get("frameWidth", 0)
        height = stream.get("frameHeight", 0)
        if width * height > shown.get("width", 0) * shown.get("height", 0):
            shown["width"] = width
            shown["height"] = height
            if fps is not None and fps <= metrics.MOST:
                shown["fps"] = fps


def streams(m: "Memory", moved: "list[Any]", t: "int", values: "dict[str, int]") -> "None":
    """Put the streams' series into values, as name.key: on a grid of ten seconds, every tick while
    watched or in trouble. While watched the state shows all metrics of the streams remembered in
    full, and the series of the others; else nothing of them is kept."""
    grid = t // GRID_MS
    watched = m["watch"]
    for record, _stream, _what in moved:
        if record["told"] and not watched:
            record["told"] = []
    if grid == m["grid"] and not watched and not m["issues"]["open"]:
        return
    m["grid"] = grid
    for record, stream, _what in moved:
        if record["a"] is None or record["b"] is None:
            continue
        what = sample.between(stream["direction"], stream["kind"], record["b"], record["a"])
        sort = stream["direction"] + stream["kind"]
        if watched and record["full"]:
            told = metrics.of(stream, what)
            names = catalog.names(sort)
        else:
            told = metrics.series(stream, what)
            names = catalog.SERIES_NAMES[sort]
        if watched and what:
            record["told"] = [told.get(name) for name in names]
        record["b"] = record["a"]
        for name in catalog.SERIES_NAMES[sort]:
            if name in told:
                values[name + "." + record["key"]] = told[name]
        for name, field in (
            ("codec", "codec"),
            ("mid", "mid"),
            ("rid", "rid"),
            ("track", "trackIdentifier"),
        ):
            if stream.get(field):
                record[name] = stream[field][:64]


def shown(record: "dict[str, Any]") -> "dict[str, int]":
    """A stream's newest metrics, of those told while watched."""
    sort = record["direction"] + record["kind"]
    names = catalog.names(sort) if record["full"] else catalog.SERIES_NAMES[sort]
    told = record["told"]
    return {names[i]: told[i] for i in range(len(told)) if told[i] is not None}
