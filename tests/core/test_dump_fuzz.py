"""Recordings that are damaged, cut or nonsense: an answer or one sentence, never a stack trace."""

import gzip
import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import rtcstats_client
from callvitals import analysis, dump, rtcstats
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data"
EXAMPLES = 1500 if os.environ.get("CALLVITALS_LONG") else 25
KINDS = ("callvitals", "internals", "rtcstats", "client")

STARTS = (b"", b"RTCStatsDump\n", b'{"callvitals": 1}\n', b"{", b"\x1f\x8b\x08")
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 1e308, float("nan"), float("inf"), "", "x" * 3000, "\ud800", [], {},
    [[[[]]]], {"a": {"b": {"c": {"d": {}}}}}, "1795490432000", '{"a"', {"id": 5, "type": "codec"},
)  # fmt: skip


@cache
def base(kind: str) -> bytes:
    """A short recording of each kind."""
    with (DATA / "captures" / "chromium-clean.jsonl.gz").open("rb") as file:
        lines = [one for one in dump.load(file).moments if one["pc"][0] == "A"][:5]
    event = {"type": "mark", "name": "m", "data": {"a": 1}}
    moments: list[Any] = [{"t": lines[0]["t"] - 9, "events": [event]}, *lines]
    if kind == "callvitals":
        return "".join(dump.write(moments, {"meeting": "m", "facts": {"os": "Linux"}})).encode()
    if kind == "rtcstats":
        return "".join(rtcstats.write(moments, {"facts": {}})).encode()
    if kind == "client":
        return rtcstats_client.dump(lines)
    packed = (DATA / "dumps" / "chromium156.internals.gz").read_bytes()
    doc = json.loads(gzip.decompress(packed))
    (name, pc), *_ = doc["PeerConnections"].items()
    kept = ("IT01", "OT01", "RI", "T01", "CIT")
    pc["stats"] = {key: one for key, one in pc["stats"].items() if key.startswith(kept)}
    for one in pc["stats"].values():
        one["values"] = json.dumps(json.loads(one["values"])[:4])
    for entry in pc["updateLog"]:
        entry["value"] = entry["value"][:200]
    doc["PeerConnections"] = {name: pc}
    return json.dumps(doc, indent=1).encode()


def check(data: bytes) -> None:
    try:
        result = analysis.analyze(io.BytesIO(data), True, None, 5_000_000)
    except dump.RecordingError:
        return
    text = json.dumps(result, allow_nan=False)
    text.encode()
    json.loads(text)
    assert "\\ud800" not in text
    for one in result["connections"]:
        assert all(stream["packetsLost"] >= 0 for stream in one["streams"])


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(KINDS), st.booleans(), st.data())
def test_damaged_bytes(kind: str, packed: bool, data: st.DataObject) -> None:
    raw = bytearray(gzip.compress(base(kind), 1) if packed else base(kind))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        what = data.draw(st.sampled_from(["flip", "drop", "double", "cut"]))
        end = min(len(raw), at + data.draw(st.integers(1, 400)))
        if what == "flip":
            raw[at] = data.draw(st.integers(0, 255))
        elif what == "drop":
            del raw[at:end]
        elif what == "double":
            raw[at:at] = raw[at:end]
        else:
            del raw[at:]
        if not raw:
            break
    check(bytes(raw))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value."""
    out = [path]
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, one in inner:
        out += places(one, (*path, key))
    return out


def put(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = value.copy()
    copy[path[0]] = put(value[path[0]], path[1:], junk)
    return copy


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_nonsense_in_sound_json(kind: str, data: st.DataObject) -> None:
    raw = base(kind)
    lines = [raw] if kind == "internals" else raw.splitlines()
    values = [line if line == rtcstats.MAGIC else json.loads(line) for line in lines]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(values) - 1))
        if isinstance(values[at], bytes):
            continue
        found = places(values[at])
        path = found[data.draw(st.integers(0, len(found) - 1))]
        values[at] = put(values[at], path, data.draw(st.sampled_from(JUNK)))
    order = data.draw(st.permutations(range(len(values)))) if data.draw(st.booleans()) else None
    if order is not None:
        values = [values[index] for index in order]
    check(b"\n".join(v if isinstance(v, bytes) else json.dumps(v).encode() for v in values))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"RTCStatsDump\n", b'{"callvitals": 1}\n', b"{"])
)
def test_any_bytes(data: bytes, start: bytes) -> None:
    check(start + data)
