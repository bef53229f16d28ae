"""What happened to a stream or a connection -> its metrics, by the rows of `catalog`.

One small evaluator computes all of them, in integers. What is not told makes no metric: nothing is
guessed, and nothing is 0 because a browser is silent.
"""

from math import floor, sqrt

from . import catalog, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item

FRESH_US = 10000000  # a receiver report older than this tells nothing of now
MOST = 1000000000000  # beyond it a value is nonsense, whatever its unit
_SPREADS = (catalog.DEVIATION, catalog.VARIATION)


def half_up(a: "int", b: "int") -> "int":
    """a / b for integers, rounded half up; b > 0."""
    return (2 * a + b) // (2 * b)


def root(number: "int") -> "int":
    """The square root of an integer below 2^53, rounded; every engine's sqrt is exact."""
    return floor(sqrt(number) + 0.5)


def of(stream: "Item", what: "dict[str, int]") -> "dict[str, int]":
    """All metrics of a stream over an interval, integers in the steps of `catalog.unit`.

    {} over a hole. stream: one of `report.read`'s; what: `sample.between`'s.
    """
    return _derive(catalog.table(stream["direction"] + stream["kind"]), stream, what)


def series(stream: "Item", what: "dict[str, int]") -> "dict[str, int]":
    """Of these the ones kept as the stream's series (fields.STREAM)."""
    return _derive(catalog.SERIES[stream["direction"] + stream["kind"]], stream, what)


def connection(gauges: "Item", what: "dict[str, int]") -> "dict[str, int]":
    """All metrics of a connection; see `link.follow`."""
    return _derive(catalog.table("pc"), gauges, what)


def _total(what: "dict[str, int]", parts: "Any") -> "int | None":
    total = 0
    for name, factor, must in parts:
        value = what.get(name)
        if value is not None:
            total += factor * value
        elif must:
            return None
    return total


def _field(item: "Item", path: "str") -> "int | None":
    """A field as told, `holder.field` of a joined item; None of a stale RTCP report."""
    holder, _, name = path.rpartition(".")
    if holder:
        inner = item.get(holder)
        if inner is None:
            return None
        stale = item["timestamp"] - inner.get("timestamp", 0) > FRESH_US
        if stale and holder == "remote" and name != "timestamp":
            return None
        item = inner
    return item.get(name)


def _derive(table: "Any", item: "Item", what: "dict[str, int]") -> "dict[str, int]":
    out: "dict[str, int]" = {}
    if not what:
        return out
    for name, how, tops, bottoms, up, down, needed, scale in table:
        if needed and what.get(needed[0], 0) <= 0:
            continue
        if how in (catalog.GAUGE, catalog.AGE):
            above = _field(item, tops[0][0])
            if above is not None and how == catalog.AGE:
                above = max(0, item["timestamp"] - above)
                down = fields.MICRO
        elif how == catalog.LEFT:
            above = _total(item, tops)
        elif how in _SPREADS:
            _spread(out, name, how, scale, what)
            continue
        else:
            above = _total(what, tops)
        if above is None:
            continue
        below: "int | None" = 1
        if how == catalog.RATE:
            up *= 1000000
            below = what["us"]
        elif bottoms:
            below = _total(what, bottoms)
            if below is not None and how == catalog.PIXEL:
                below *= item.get("frameWidth", 0) * item.get("frameHeight", 0)
        if below is None or below <= 0:
            continue
        if how == catalog.LOUDNESS:
            out[name] = min(scale, root(min(MOST, above * scale * scale // below)))
            continue
        value = half_up(max(0, above) * up, below * down)
        if how == catalog.SHARE:
            value = min(value, scale)
        if value <= MOST:
            out[name] = value
    return out


def _spread(
    out: "dict[str, int]", name: "str", how: "str", scale: "int", what: "dict[str, int]"
) -> "None":
    """Standard deviation of the time between frames: sqrt((squares - sum^2 / n) / n)."""
    count = what.get("frames", 0)
    squares = what.get("totalSquaredInterFrameDelay")
    total = what.get("totalInterFrameDelay")
    if count < 2 or squares is None or total is None or total <= 0:
        return
    # Squares are in 1e-9 s2, that is 1000 us2.
    variance = (squares * 1000 * count - total * total) // (count * count)
    deviation = root(min(MOST, max(0, variance)))
    if how == catalog.DEVIATION:
        out[name] = half_up(deviation * scale, fields.MICRO)
    else:
        out[name] = half_up(deviation * count * scale, total)
