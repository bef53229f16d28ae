"""One W3C stats object -> integers in the scale of `fields.py`, text and booleans.

Nothing makes it raise: what cannot be right is left out and counted as nonsense.
"""

from math import floor

from . import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item

LIMIT = 9007199254740991.0  # beyond it a double is no exact integer
EXACT = 2251799813685248  # 2^51: up to it a double has room for the half that rounds
WHOLE = 4503599627370496.0  # 2^52: from it on every double is an integer already
MAX_TEXT = 1024
MAX_TEXTS = 4096  # the same ids and names come with every report
_texts: "dict[str, str]" = {}
_TEXT = 0
_BOOL = -1


def _maps() -> "dict[str, dict[str, int]]":
    """Per type and field what it is: a number's scale, 0 text, -1 a boolean."""
    table = {}
    for type_name in fields.ORDER:
        known = {}
        for name, kind, scale, _unit in fields.FIELDS[type_name]:
            known[name] = _TEXT if kind == fields.TEXT_KIND else scale
            if kind == fields.BOOL_KIND:
                known[name] = _BOOL
        table[type_name] = known
    return table


KNOWN = _maps()


def clean_text(value: "str", most: "int") -> "str":
    """Text as every runtime writes it alike: surrogate pairs joined, lone ones replaced, cut."""
    try:
        if len(value.encode()) == len(value):
            return value[:most]
    except ValueError:
        pass
    out: "list[str]" = []
    high = 0
    for char in value:
        code = ord(char)
        if high and 56320 <= code < 57344:
            out[-1] = chr(65536 + ((high - 55296) << 10) + code - 56320)
            high = 0
            continue
        high = code if 55296 <= code < 56320 else 0
        out.append("\ufffd" if 55296 <= code < 57344 else char)
    return "".join(out[:most])


def _value(value: "Any", rule: "int", negative: "bool") -> "Any":
    """The value as an integer of its scale, a string or a boolean; None when it is nonsense."""
    if rule == _TEXT:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            return None
        clean = clean_text(value, MAX_TEXT)
        if len(_texts) >= MAX_TEXTS:
            _texts.clear()
        _texts[value] = clean
        return clean
    if value is True or value is False:
        return value if rule == _BOOL else None
    if rule == _BOOL or not isinstance(value, (int, float)):
        return None
    if not (-LIMIT <= value <= LIMIT) or (value < 0 and not negative):
        return None  # NaN ends here too
    scaled = float(value) * rule
    if not (-LIMIT <= scaled <= LIMIT):
        return None
    # There a half has no room: added to 2^53 - 1 it makes 2^53, which no message can carry.
    return floor(scaled + 0.5) if -WHOLE < scaled < WHOLE else floor(scaled)


def convert(raw: "Any") -> "tuple[Item | None, int]":
    """One stats object -> (its known fields, nonsense found); None for types we do not read."""
    if not isinstance(raw, dict):
        return None, 1
    type_name = raw.get("type")
    if not isinstance(type_name, str):
        return None, 1
    known = KNOWN.get(type_name)
    if known is None or type_name == "pc":
        return None, 0
    item: "Item" = {"type": type_name}
    bad = 0
    for name in raw:
        value = raw[name]
        rule = known.get(name)
        if rule is not None:
            # The usual first and without a call: this is the core's innermost loop.
            sort = type(value)
            if sort is float:
                if rule > 0:
                    scaled = value * rule
                    if 0.0 <= scaled < WHOLE:
                        item[name] = floor(scaled + 0.5)
                        continue
            elif sort is int:  # as recordings have them; packed rows are floats
                if rule > 0 and 0 <= value * rule <= EXACT:
                    item[name] = value * rule
                    continue
            elif sort is str and rule == _TEXT:
                known_text = _texts.get(value)
                if known_text is not None:
                    item[name] = known_text
                    continue
            if value is not None:
                bad += _put(item, name, rule, value)
        elif isinstance(value, dict) and isinstance(name, str):
            for inner in value:
                if isinstance(inner, str):
                    rule = known.get(name + "." + inner)
                    if rule is not None and value[inner] is not None:
                        bad += _put(item, name + "." + inner, rule, value[inner])
    if "id" not in item:
        return None, bad + 1
    return item, bad


def _put(item: "Item", name: "str", rule: "int", value: "Any") -> "int":
    if name in ("timestamp", "remoteTimestamp") and callable(getattr(value, "timestamp", None)):
        value = value.timestamp() * 1000  # aiortc's own objects have a datetime
    sound = _value(value, rule, name == "packetsLost")
    if sound is None:
        return 1
    item[name] = sound
    return 0
