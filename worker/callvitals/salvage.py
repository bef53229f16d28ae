"""What can be read of a JSON text that is cut off or damaged. No browser loads this file."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_decoder = json.JSONDecoder()


def read(text: "str") -> "Any":
    """All before the place where it is."""
    return _salvaged(text, 0, 0)[0]


def _salvaged(text: "str", at: "int", level: "int") -> "tuple[Any, int, bool]":
    """(value, where it ends, whether it is whole) at a place; value None if there is none."""
    at = _skip(text, at)
    try:
        value, end = _decoder.raw_decode(text, at)
        return value, end, True
    except (ValueError, RecursionError):
        pass
    opening = text[at : at + 1]
    if opening not in ("{", "[") or not opening or level > 8:
        return None, at, False
    out: "Any" = {} if opening == "{" else []
    at = _skip(text, at + 1)
    while at < len(text):
        key = ""
        if opening == "{":
            try:
                key, at = _decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                break
            at = _skip(text, at)
            if text[at : at + 1] != ":" or not isinstance(key, str):
                break
            at += 1
        value, at, whole = _salvaged(text, at, level + 1)
        if value is not None:
            if opening == "{":
                out[key] = value
            else:
                out.append(value)
        at = _skip(text, at)
        if not whole or text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    return out, at, False


def _skip(text: "str", at: "int") -> "int":
    while text[at : at + 1] in (" ", "\n", "\r", "\t"):
        at += 1
    return at
