"""The state document as both ends hold it: difference, application, check (wire rules 5 to 7)."""

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def diff(old: "dict[str, Any]", new: "dict[str, Any]") -> "dict[str, Any]":
    """The merge patch (RFC 7396) that turns `old` into `new`; {} when they are the same.

    Both are state documents: objects, strings, booleans, integers; compared by type and value.
    """
    patch: "dict[str, Any]" = {}
    for key in sorted(old):
        if key not in new:
            patch[key] = None
    for key in sorted(new):
        value = new[key]
        if key not in old:
            patch[key] = value
            continue
        was = old[key]
        if isinstance(value, dict) and isinstance(was, dict):
            inner = diff(was, value)
            if inner:
                patch[key] = inner
        elif type(value) is not type(was) or value != was:
            patch[key] = value
    return patch


def apply(old: "dict[str, Any]", patch: "dict[str, Any]") -> "dict[str, Any]":
    """`old` with a merge patch applied, as a new document; `old` is left as it was."""
    new = dict(old)
    for key in patch:
        value = patch[key]
        if value is None:
            new.pop(key, None)
        elif isinstance(value, dict):
            was = new.get(key)
            new[key] = apply(was if isinstance(was, dict) else {}, value)
        else:
            new[key] = value
    return new


def check(doc: "dict[str, Any]") -> "int":
    """crc32 of the document's canonical text, as the wire's field `check`."""
    return wire.crc(wire.text(doc))


def validate(doc: "Any") -> "None":
    """Raise WireError unless `doc` is a state document of rule 7 (types, levels, size)."""
    if not isinstance(doc, dict):
        raise wire.WireError("bad-state", "a state is an object")
    wire.check_values(doc, 1, wire.MAX_LEVELS, False)
    if len(wire.text(doc)) > wire.MAX_STATE:
        raise wire.WireError("too-large", "a state has at most 128 kB")


def validate_patch(patch: "Any") -> "None":
    """Raise WireError unless `patch` may turn one state document into another."""
    if not isinstance(patch, dict):
        raise wire.WireError("bad-state", "a patch is an object")
    wire.check_values(patch, 1, wire.MAX_LEVELS, True)
