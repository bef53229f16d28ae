"""rtcstats dumps: the client's differences, Chromium's whole reports, and what we write."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import rtcstats_client as client
from callvitals import dump, rtcstats
from callvitals.rtcstats_names import FIELDS, KEYS, TYPES

DATA = Path(__file__).parents[1] / "data"
CAPTURES = ["chromium-events", "firefox-events", "public/safari-2020-sfu"]

Stats = dict[str, dict[str, Any]]


def capture(name: str) -> list[Any]:
    with (DATA / "captures" / f"{name}.jsonl.gz").open("rb") as file:
        return list(dump.load(file).moments)


def load(data: bytes) -> tuple[dump.Recording, list[Any]]:
    recording = dump.load(io.BytesIO(data))
    return recording, list(recording.moments)


def by_id(stats: list[dict[str, Any]]) -> Stats:
    """Without what rtcstats leaves out."""
    kept = [item for item in stats if item["type"] != "certificate"]
    return {
        item["id"]: {n: v for n, v in item.items() if v is not None and n != "id"} for item in kept
    }


def test_numbers_of_the_format() -> None:
    """Some of the table, as rtcstats has it: the ends and both sides of each gap."""
    known = {
        4: "payloadType",
        12: "codecId",
        14: "packetsReceived",
        74: "localId",
        166: "issuerCertificateId",
        167: "psnrMeasurements",
        176: "ccfbMessagesReceived",
    }
    assert {int(key): FIELDS[key] for key in map(str, known)} == known
    assert {"13", "146", "147", "162"}.isdisjoint(FIELDS)
    assert KEYS["timestamp"] == "t"
    assert "psnrSum" not in KEYS  # understood, not yet sent
    assert (TYPES.index("inbound-rtp"), TYPES.index("codec")) == (0, 13)


@pytest.mark.parametrize("name", CAPTURES)
def test_what_the_client_writes_is_read(name: str) -> None:
    """All fields of all reports, but what the format loses: certificates, obsolete fields,
    references to what is not there; a field that goes away stays."""
    lines = capture(name)[:60]
    recording, moments = load(client.dump(lines))
    assert recording.missing == []
    reports = [moment for moment in moments if "pc" in moment]
    assert len(reports) == len(lines)
    ids: dict[str, dict[str, str]] = {}
    for line, moment in zip(lines, reports, strict=True):
        assert (moment["t"], moment["pc"]) == (line["t"], line["pc"])
        numbers = ids.setdefault(line["pc"], {})
        told = by_id(line["stats"])
        for key in told:
            numbers.setdefault(key, str(len(numbers)))
        got = by_id(moment["stats"])
        assert set(got) == {numbers[key] for key in told}
        for key, report in told.items():
            for field, value in report.items():
                if field in client.LEFT_OUT or field.endswith("CertificateId"):
                    continue
                if field.endswith("Id"):
                    value = numbers.get(value)
                assert got[numbers[key]].get(field) == value, (key, field)


def test_a_stale_report_of_the_far_end_stays_stale() -> None:
    """rtcstats' own reader gives it the newest time; told once, it has not moved since."""
    far = {"id": "R", "type": "remote-inbound-rtp", "timestamp": 900.0, "packetsLost": 3}
    lines = [
        {"t": t, "pc": "0", "stats": [{"id": "T", "type": "transport", "timestamp": t + 0.5}, far]}
        for t in (1000, 2000, 3000)
    ]
    moments = [one for one in load(client.dump(lines))[1] if "pc" in one]
    assert [item["timestamp"] for one in moments for item in one["stats"]] == [
        1000.5, 900.0, 2000.5, 900.0, 3000.5, 900.0,
    ]  # fmt: skip


def test_differences_by_hand() -> None:
    first = rtcstats.decode(
        {}, {"0": {"type": 2, "10": 5, "96": {"cpu": 1, "none": 2}, "list": [1, 2]}, "t": 10}
    )
    told = {"type": "outbound-rtp", "ssrc": 5, "list": [1, 2], "timestamp": 10}
    assert first == {"0": {**told, "qualityLimitationDurations": {"cpu": 1, "none": 2}}}
    kept = json.dumps(first)
    second = rtcstats.decode(first, {"0": {"96": {"none": 3}, "list": [3]}, "1": {"type": 14}})
    assert json.dumps(first) == kept
    told = {"type": "outbound-rtp", "ssrc": 5, "list": [3], "timestamp": 10}
    assert second["0"] == {**told, "qualityLimitationDurations": {"cpu": 1, "none": 3}}
    assert second["1"] == {"type": "codec"}
    third = rtcstats.decode(second, {"0": None, "1": {"4": 111, "t": 19.5}, "t": 20})
    assert third == {"1": {"type": "codec", "payloadType": 111, "timestamp": 19.5}}
    whole = rtcstats.decode(third, {"IT01": {"id": "IT01", "type": "inbound-rtp", "[x]": 1}})
    assert set(whole) == {"IT01"}


@pytest.mark.parametrize("name", [*CAPTURES, "chromium-simulcast", "aiortc-vs-chromium-clean"])
def test_an_export_reads_back_field_for_field(name: str) -> None:
    lines = capture(name)[:60]
    text = "".join(rtcstats.write(lines, {"facts": {"browser": "Firefox"}, "meeting": "m"}))
    recording, moments = load(text.encode())
    assert recording.format == "rtcstats"
    assert recording.meta == {"facts": {"browser": "Firefox"}, "meeting": "m"}
    assert recording.missing == []
    reports = [moment for moment in moments if "pc" in moment]
    assert [(one["t"], one["pc"]) for one in reports] == [(one["t"], one["pc"]) for one in lines]
    for line, moment in zip(lines, reports, strict=True):
        assert by_id(moment["stats"]) == by_id(line["stats"])


@pytest.mark.parametrize("name", ["chromium-events", "firefox-events"])
def test_an_export_is_what_the_clients_own_reader_reads(name: str) -> None:
    """It knows no field that went away but by null, which it keeps as null."""
    lines = capture(name)[:60]
    read = client.read("".join(rtcstats.write(lines, {"facts": {}})))
    reports = [(pc, value) for method, pc, value in read if method == "getStats"]
    assert read[0][0] == "create"
    assert read[-1][:2] == ("close", None)
    for line, (pc, stats) in zip(lines, reports, strict=True):
        assert pc == line["pc"]
        got = {k: {n: v for n, v in r.items() if v is not None} for k, r in stats.items()}
        assert got == by_id(line["stats"])


def test_events_survive_an_export() -> None:
    events = [
        {"type": "pc", "pc": "0", "connectionState": "connecting", "signalingState": "stable"},
        {"type": "pc", "pc": "0", "turn": 2, "iceTransportPolicy": "relay"},
        {"type": "media", "what": "getUserMedia", "ok": False, "error": "NotAllowedError"},
        {"type": "device", "what": "devicechange"},
        {"type": "mark", "name": "joined", "data": {"room": "a"}},
        {"type": "rate", "stars": 4},
    ]
    found = load("".join(rtcstats.write([{"t": 77, "events": events}], {"facts": {}})).encode())[1]
    assert {moment["t"] for moment in found} == {77}
    back = [event for moment in found for event in moment["events"]]
    states = [e for e in back if set(e) & {"connectionState", "signalingState"}]
    assert {k: v for e in states for k, v in e.items()} == events[0]
    assert [event for event in back if event not in states] == events[1:]


def test_the_clients_own_words() -> None:
    """Numbers and names of methods, errors as text, the host app's methods as marks."""
    lines: list[Any] = [
        [39, None, {"hardwareConcurrency": 8, "deviceMemory": 16, "userAgentData": {
            "brands": [{"brand": "Not=A?Brand", "version": "24"},
                       {"brand": "Google Chrome", "version": "140"}],
            "platform": "macOS", "mobile": False}}, 1758602115670],
        [60, None, {"audio": True}, "60-0", 10],
        [65, None, "NotAllowedError: Permission denied", "60-0", 10],
        [39, "PC_0", {"iceServers": [{"urls": ["turn:a.example?transport=udp", "stun:b"]}]}, 10],
        [25, "PC_0", "connecting", 10],
        ["onconnectionstatechange", "PC_0", '"connected"', 10],
        [21, "PC_0", {"errorCode": 701, "url": "turn:a.example:3478?transport=udp"}, 10],
        [":hand-raised", "PC_0", {"by": "ann"}, 10],
        [36, "PC_0", None, 10],
        [7, "PC_0", {"type": "offer", "sdp": "v=0"}, 10],
    ]  # fmt: skip
    text = "RTCStatsDump\n" + "\n".join(map(json.dumps, [{"fileFormat": 3}, *lines]))
    recording, moments = load(text.encode())
    assert recording.meta["facts"] == {
        "browser": "Chrome", "browserVersion": "140", "os": "macOS", "mobile": False,
        "cores": 8, "memoryGb": 16,
    }  # fmt: skip
    events = [event for moment in moments for event in moment["events"]]
    told = {"what": "getUserMedia", "type": "media"}
    assert events[0] == {**told, "audio": True, "video": False, "asked": True}
    assert events[1] == {**told, "ok": False, "error": "NotAllowedError"}
    assert (events[2]["turn"], events[2]["stun"], events[2]["connectionState"]) == (1, 1, "new")
    assert "a.example" not in json.dumps(events)
    assert [e.get("connectionState") for e in events[3:5]] == ["connecting", "connected"]
    error = {"errorCode": 701, "kind": "turn", "transport": "udp"}
    assert events[5] == {"type": "icecandidateerror", "pc": "PC_0", **error}
    assert events[6] == {"type": "mark", "name": "hand-raised", "data": {"by": "ann"}}
    assert events[7] == {"type": "pc", "pc": "PC_0", "connectionState": "closed"}
    assert len(events) == 8
    assert moments[0]["t"] == 1758602115680


@pytest.mark.parametrize(
    ("asked", "audio", "video"),
    [
        ({"audio": False, "video": True}, False, True),
        ({"audio": {}, "video": None}, True, False),
        ({"audio": {"deviceId": "x"}, "video": False}, True, False),
        ({}, False, False),
    ],
)
def test_what_a_request_did_not_ask_for(asked: dict[str, Any], audio: bool, video: bool) -> None:
    text = f"RTCStatsDump\n{{}}\n{json.dumps([60, None, asked, '60-0', 1758602115670])}\n"
    (event,) = load(text.encode())[1][0]["events"]
    assert (event["audio"], event["video"]) == (audio, video)


def test_a_dump_without_its_first_lines_or_cut_anywhere() -> None:
    whole = client.dump(capture("firefox-clean")[:12])
    lines = whole.splitlines(keepends=True)
    recording, moments = load(b"".join(lines[2:]))
    assert recording.format == "rtcstats"
    assert moments == load(whole)[1]
    assert recording.missing == ["the first line: what browser and page it was"]
    recording, moments = load(whole[: -len(lines[-1]) - 9])
    assert "the last line: it is cut off" in recording.missing
    assert len(moments) == len(load(whole)[1]) - 1
    recording, _ = load(b"".join([*lines[:5], b"[[[\n", *lines[5:]]))
    assert recording.missing == ["1 line (unreadable); differences build on each other"]
