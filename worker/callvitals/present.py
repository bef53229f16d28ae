"""State and series for people and programs outside: base units, the server's clock.

Wire and storage hold scaled integers; REST, JavaScript and the dashboard get s, bit/s, 0 to 1,
scores 1.0 to 5.0, and times in epoch ms. Pure.
"""

from . import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def value(name: "str", number: "int | None") -> "int | float | None":
    """A series' integer in its base unit; `name` may be a stream's own, as `loss.s0`."""
    if number is None:
        return None
    series = fields.SERIES.get(name.split(".")[0])
    if series is None or series[0] == 1:
        return number
    return number / series[0]


def column(name: "str", numbers: "list[int | None]") -> "list[int | float | None]":
    """A series in its base unit; None stays None (a gap)."""
    return [value(name, number) for number in numbers]


def present_row(row: "dict[str, Any]", offset: "int" = 0) -> "dict[str, Any]":
    """A row with its values in base units and `t` by the server's clock."""
    out = dict(row)
    out["t"] = row["t"] + offset
    out["values"] = _units(row["values"])
    out["events"] = [_event(event, offset) for event in row["events"]]
    return out


def present(doc: "dict[str, Any]", offset: "int" = 0) -> "dict[str, Any]":
    """A state document in base units. offset: ms from the page's clock to the server's."""
    out = dict(doc)
    if "t" in doc:
        out["t"] = doc["t"] + offset
    if "score" in doc:
        out["score"] = doc["score"] / 100
    if "reasons" in doc:
        out["reasons"] = {cause: doc["reasons"][cause] / 100 for cause in doc["reasons"]}
    for name in ("net", "video"):
        if name in doc:
            out[name] = _units(doc[name])
    if "streams" in doc:
        out["streams"] = {key: _units(doc["streams"][key]) for key in doc["streams"]}
    if "issues" in doc:
        out["issues"] = {key: _event(doc["issues"][key], offset) for key in doc["issues"]}
    return out


def _units(values: "dict[str, Any]") -> "dict[str, Any]":
    """Names that are series get their base unit; text, booleans and other names stay."""
    out = {}
    for name in values:
        number = values[name]
        plain = isinstance(number, int) and number is not True and number is not False
        out[name] = value(name, number) if plain else number
    return out


def _event(event: "dict[str, Any]", offset: "int") -> "dict[str, Any]":
    """An issue or event: times shifted, evidence and score in base units."""
    out = dict(event)
    for name in ("since", "until"):
        if name in event and isinstance(event[name], int):
            out[name] = event[name] + offset
    if event.get("type") == "rating" and "score" in event:
        out["score"] = event["score"] / 100
    if isinstance(event.get("evidence"), dict):
        out["evidence"] = _units(event["evidence"])
    return out
