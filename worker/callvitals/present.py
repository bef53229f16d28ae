"""State and series for people and programs outside: base units, the server's clock.

Wire and storage hold scaled integers; REST, JavaScript and the dashboard get s, bit/s, 0 to 1,
scores 1.0 to 5.0, and times in epoch ms. Pure.
"""

from . import catalog, fields, setup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Shares that only issues tell, 0.01 %.
_SHARES = ("limited", "encoded", "load")


def value(name: "str", number: "int | None") -> "int | float | None":
    """A series' or metric's integer in its base unit; `name` may be a stream's own: `loss.s0`."""
    if number is None:
        return None
    name = name.split(".")[0]
    unit = fields.SERIES.get(name) or catalog.unit(name)
    if unit is None or unit[0] == 1:
        return number
    return number / unit[0]


def column(name: "str", numbers: "list[int | None]") -> "list[int | float | None]":
    """A series in its base unit; None stays None (a gap)."""
    return [value(name, number) for number in numbers]


def present_row(row: "dict[str, Any]", offset: "int" = 0) -> "dict[str, Any]":
    """A row with its values in base units and `t` by the server's clock; its events have their own
    `t` where they tell it (`at` ms after the row's)."""
    out = dict(row)
    out["t"] = row["t"] + offset
    out["values"] = _units(row["values"])
    out["events"] = []
    for raw in row["events"]:
        event = dict(raw)
        at = event.pop("at", None)
        if _plain(at):
            event["t"] = row["t"] + at
        out["events"].append(_event(event, offset))
    return out


def sample(row: "dict[str, Any]", offset: "int" = 0) -> "dict[str, Any]":
    """A row for the host app's listeners: {"t", "values": the headline series it has}."""
    values = row["values"]
    known = {name: values[name] for name in fields.HEADLINE if name in values}
    return {"t": row["t"] + offset, "values": _units(known)}


def verdict(doc: "dict[str, Any]") -> "dict[str, Any]":
    """A state document's score for the host app: {"name": "score", "value": 1.0 to 5.0 or None,
    "rating", "reasons", "sentence"}."""
    whole = present(doc)
    return {
        "name": "score",
        "value": whole.get("score"),
        "rating": whole["rating"],
        "reasons": whole["reasons"],
        "sentence": whole["sentence"],
    }


def issues(row: "dict[str, Any]", offset: "int" = 0) -> "list[dict[str, Any]]":
    """What opened and closed in a row, for the host app's listeners: [{"kind": "open" or "close",
    "id", "type", "severity", "since", "until"?, "sentence", "evidence"}, ...]."""
    out = []
    for raw in row["events"]:
        if raw["type"] in ("issue-open", "issue-close"):
            told = _event(raw, offset)
            told["kind"] = raw["type"][6:]
            told["type"] = told.pop("name")
            told["id"] = told.pop("issue")
            out.append(told)
    return out


def present(doc: "dict[str, Any]", offset: "int" = 0) -> "dict[str, Any]":
    """A state document in base units. offset: ms from the page's clock to the server's.

    Never raises: a page may write what it likes under our names, and that stays as it is.
    """
    out = dict(doc)
    _shift(out, ("t",), offset)
    _points(out, ("score",))
    reasons = _object(doc, "reasons")
    if reasons:
        out["reasons"] = dict(reasons)
        _points(out["reasons"], tuple(reasons))
    parts = _object(doc, "parts")
    if parts:
        out["parts"] = dict(parts)
        for name in parts:
            if _object(parts, name):
                out["parts"][name] = dict(parts[name])
                _points(out["parts"][name], tuple(parts[name]))
    for name in ("net", "video"):
        if _object(doc, name):
            out[name] = _units(doc[name])
    for name in ("streams", "issues", "capture", "pcs"):
        several = _object(doc, name)
        if several:
            out[name] = dict(several)
            for key in several:
                if _object(several, key):
                    out[name][key] = _member(name, several[key], offset)
    return out


def evidence(told: "dict[str, Any]") -> "dict[str, Any]":
    """An issue's evidence in base units."""
    out: "dict[str, Any]" = _event({"evidence": told}, 0)["evidence"]
    return out


def _member(name: "str", one: "dict[str, Any]", offset: "int") -> "dict[str, Any]":
    if name == "streams":
        return _units(one)
    if name == "pcs":
        out = _units(one)
        for key in setup.TIMES:
            if _plain(one.get(key)):
                out[key] = one[key] / 1000  # ms
        return out
    return _event(one, offset)


def _object(doc: "dict[str, Any]", name: "str") -> "dict[str, Any]":
    inner: "Any" = doc.get(name)
    return inner if isinstance(inner, dict) else {}


def _plain(number: "Any") -> "bool":
    return isinstance(number, int) and number is not True and number is not False


def _shift(out: "dict[str, Any]", names: "tuple[str, ...]", offset: "int") -> "None":
    for name in names:
        if _plain(out.get(name)):
            out[name] += offset


def _points(out: "dict[str, Any]", names: "tuple[str, ...]") -> "None":
    for name in names:
        if _plain(out.get(name)):
            out[name] /= 100


def _units(values: "dict[str, Any]") -> "dict[str, Any]":
    """Names that are series get their base unit; text, booleans and other names stay."""
    out = {}
    for name in values:
        number = values[name]
        out[name] = value(name, number) if _plain(number) else number
    return out


def _event(event: "dict[str, Any]", offset: "int") -> "dict[str, Any]":
    """An issue or event: times shifted, evidence and score in base units."""
    out = dict(event)
    _shift(out, ("since", "until", "t"), offset)
    if event.get("type") == "rating":
        _points(out, ("score",))
    if _object(event, "evidence"):
        out["evidence"] = _units(event["evidence"])
        for name in _SHARES:
            if _plain(event["evidence"].get(name)):
                out["evidence"][name] = event["evidence"][name] / 10000
    return out
