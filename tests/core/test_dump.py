"""Files of recordings: found by looking, read as far as they go, told what is missing."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from callvitals import dump

DATA = Path(__file__).parents[1] / "data"
CAPTURE = DATA / "captures" / "chromium-clean.jsonl.gz"
INTERNALS = DATA / "dumps" / "chromium156.internals.gz"
RTCSTATS = DATA / "dumps" / "chromium156.rtcstats.gz"

LINES = [
    {"t": 1000 * n, "pc": "0", "stats": [{"id": "T", "type": "transport", "timestamp": 1000.0 * n}]}
    for n in range(1, 6)
]


def load(data: bytes, most: int = 0) -> tuple[dump.Recording, list[Any]]:
    recording = dump.load(io.BytesIO(data), len(data), most)
    return recording, list(recording.moments)


def jsonl(lines: list[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.mark.parametrize(
    ("path", "kind"), [(CAPTURE, "callvitals"), (INTERNALS, "internals"), (RTCSTATS, "rtcstats")]
)
def test_each_format_is_found_whatever_its_name_and_packing(path: Path, kind: str) -> None:
    packed = path.read_bytes()
    recording, moments = load(packed)
    assert recording.format == kind
    plain, same = load(gzip.decompress(packed))
    assert plain.format == kind
    assert moments == same
    bom, same = load(b"\xef\xbb\xbf" + gzip.decompress(packed))
    assert bom.format == kind
    assert moments == same


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \n",
        b"hello",
        b"{}",
        b'{"a": 1}\n{"b": 2}\n',
        b"[1, 2, 3]",
        b"\x1f\x8b",
        b"\x00" * 99,
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(dump.RecordingError, match="Try: ") as error:
        load(data)
    assert "\n" not in str(error.value)


def test_reports_by_id_are_reports() -> None:
    """As who writes an RTCStatsReport down as an object has them."""
    item = {"id": "I", "type": "inbound-rtp", "timestamp": 1000, "kind": "audio", "ssrc": 7}
    lines = [
        {"t": 1000, "pc": "0", "stats": {"I": item}},
        {"t": 2000, "reports": [["0", {"I": item}]]},
    ]
    recording, moments = load(jsonl(lines))
    assert [moment["stats"] for moment in moments] == [[item], [item]]
    assert recording.missing == []


def test_a_cut_gzip_gives_what_came_before() -> None:
    packed = CAPTURE.read_bytes()
    whole = load(packed)[1]
    recording, moments = load(packed[: len(packed) // 2])
    assert 30 < len(moments) < len(whole)
    assert moments == whole[: len(moments)]
    assert "the end of the file: it was cut off while compressed" in recording.missing


def test_a_damaged_gzip_gives_what_came_before() -> None:
    packed = bytearray(CAPTURE.read_bytes())
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    recording, moments = load(bytes(packed))
    assert len(moments) > 30
    assert any("damaged" in line for line in recording.missing)


def test_gzips_one_after_the_other() -> None:
    data = gzip.compress(jsonl(LINES[:2])) + gzip.compress(jsonl(LINES[2:])) + b"\0" * 512
    recording, moments = load(data)
    assert moments == LINES
    assert recording.missing == []


def test_unreadable_lines_are_counted_and_a_cut_last_line_is_told() -> None:
    data = jsonl(LINES[:2]) + b"{nonsense}\n[]\n" + jsonl(LINES[2:4]) + b'{"t": 5000, "pc'
    recording, moments = load(data)
    assert moments == LINES[:4]
    assert recording.missing == ["the last line: it is cut off", "2 lines (unreadable)"]


def test_a_damaged_first_line_does_not_hide_what_it_is() -> None:
    recording, moments = load(b'{"t": 1, "pc": "0", "sta\n' + jsonl(LINES))
    assert recording.format == "callvitals"
    assert moments == LINES


def test_the_header_tells_the_meeting_and_the_browser() -> None:
    head = {"callvitals": 1, "meeting": "m", "participant": "p", "facts": {"browser": "Firefox"}}
    recording, moments = load(jsonl([head, *LINES]))
    assert moments == LINES
    assert recording.meta == {"meeting": "m", "participant": "p", "facts": {"browser": "Firefox"}}
    assert recording.missing == []
    newer, _ = load(jsonl([{**head, "callvitals": 2}, *LINES]))
    assert newer.missing == ["what a recording of another version has beyond ours"]


def test_what_is_written_is_read() -> None:
    moments = [{"t": 5, "events": [{"type": "mark", "name": "a"}]}, *LINES]
    meta = {"meeting": "m", "facts": {"os": "Linux"}}
    recording, found = load("".join(dump.write(moments, meta)).encode())
    assert found == moments
    assert recording.meta == meta


def test_ring_entries_are_lines_too() -> None:
    entry = {
        "tick": 0,
        "t": 7.9,
        "reports": [["a", LINES[0]["stats"]], ["b", []], "nonsense"],
        "events": [{"type": "stop"}],
    }
    _, moments = load(jsonl([entry, {"tick": 1, "t": 8, "reports": []}]))
    assert moments == [
        {"t": 7, "events": [{"type": "stop"}]},
        {"t": 7, "pc": "a", "stats": LINES[0]["stats"]},
        {"t": 7, "pc": "b", "stats": []},
        {"t": 8},
    ]


def test_moments_as_ticks() -> None:
    """Reports within 500 ms are one tick; events belong to the next one, the last to an own one."""
    moments = [
        {"t": 0, "events": [{"n": 1}]},
        {"t": 10, "pc": "a", "stats": [1]},
        {"t": 20, "events": [{"n": 2}]},
        {"t": 400, "pc": "b", "stats": [2]},
        {"t": 1010, "pc": "a", "stats": [3]},
        {"t": 1020, "events": [{"n": 3}]},
    ]
    assert list(dump.entries(moments)) == [
        {"tick": 0, "t": 10, "reports": [["a", [1]], ["b", [2]]], "events": [{"n": 1}]},
        {"tick": 1, "t": 1010, "reports": [["a", [3]]], "events": [{"n": 2}]},
        {"tick": 2, "t": 1020, "reports": [], "events": [{"n": 3}]},
    ]


def test_no_more_is_inflated_than_allowed() -> None:
    bomb = gzip.compress(jsonl(LINES) + b" " * 4_000_000)
    with pytest.raises(dump.RecordingError, match="too large: more than 2 MB"):
        load(bomb, 2_000_000)
    assert load(bomb)[1] == LINES


def test_progress_is_in_bytes() -> None:
    data = jsonl(LINES * 1000)
    recording = dump.load(io.BytesIO(data), len(data))
    next(recording.moments)
    assert 0 < recording.done < recording.size == len(data)
    list(recording.moments)
    assert recording.done == len(data)
