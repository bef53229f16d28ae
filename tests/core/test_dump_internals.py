"""chrome://webrtc-internals dumps: series laid side by side again become reports."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from callvitals import dump, fields, salvage

DATA = Path(__file__).parents[1] / "data"
FOLDER = DATA / "dumps"
T0 = 1795490432000.0


def load(data: bytes) -> tuple[dump.Recording, list[Any]]:
    recording = dump.load(io.BytesIO(data))
    return recording, list(recording.moments)


def read(name: str) -> tuple[dump.Recording, list[Any]]:
    return load((FOLDER / name).read_bytes())


def iso(ms: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(ms) / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def series(kind: str | None, stamps: list[float], values: list[Any]) -> dict[str, Any]:
    out = {"startTime": iso(stamps[0]), "endTime": iso(stamps[-1]), "values": json.dumps(values)}
    return out if kind is None else {**out, "statsType": kind}


def doc(stats: dict[str, Any], log: list[Any] | None = None) -> bytes:
    pcs = {"9-1": {"rtcConfiguration": "", "updateLog": log or [], "stats": stats}}
    return json.dumps({"getUserMedia": [], "PeerConnections": pcs}, indent=1).encode()


def reports(moments: list[Any]) -> list[dict[str, Any]]:
    return [{item["id"]: item for item in one["stats"]} for one in moments if "stats" in one]


def test_the_same_call_through_both_of_chromiums_dumps() -> None:
    """Every field that the core reads, in every report, but those of a series with a hole."""
    found = []
    for name in ("chromium156.internals.gz", "chromium156.rtcstats.gz"):
        by_time = {}
        for moment in read(name)[1]:
            if "stats" in moment:
                newest = max(item["timestamp"] for item in moment["stats"])
                by_time[moment["pc"], newest] = {item["id"]: item for item in moment["stats"]}
        found.append(by_time)
    ours, theirs = found
    assert len(ours) == 30
    assert set(ours) <= set(theirs)
    unequal = set()
    compared = 0
    for key, report in ours.items():
        assert set(report) == set(theirs[key])
        for ident, item in report.items():
            for field in [one[0].split(".")[0] for one in fields.FIELDS.get(item["type"], ())]:
                compared += 1
                if item.get(field) != theirs[key][ident].get(field):
                    unequal.add((ident[:3], field))
    assert compared > 10_000
    assert unequal == {("ROV", "roundTripTime")}


def test_captures_states_and_facts_come_along() -> None:
    recording, moments = read("chromium156.internals.gz")
    assert recording.meta["facts"] == {
        "browser": "Chromium", "browserVersion": "156.0.8078.79", "os": "Linux", "mobile": False,
        "cores": 2, "memoryGb": 16,
    }  # fmt: skip
    assert [m["t"] for m in moments] == sorted(m["t"] for m in moments)
    events = [event for moment in moments for event in moment.get("events", [])]
    media = [(e.get("asked"), e.get("ok"), e.get("error")) for e in events if e["type"] == "media"]
    denied = (None, False, "OverconstrainedError")
    assert media[:3] == [(True, None, None), (None, True, None), (True, None, None)]
    assert media[3][:2] == denied[:2]
    assert media[3][2].lower() == denied[2].lower()
    states = [
        e["connectionState"] for e in events if e.get("pc") == "8-1" and "connectionState" in e
    ]
    assert states == ["new", "connecting", "connected"]
    assert recording.missing == [
        f"8-{n}: 1 series absent for a while: the format does not tell when" for n in (1, 2)
    ]


@pytest.mark.parametrize("name", ["chromium156.internals.gz", "chromium156.rtcstats.gz"])
def test_an_error_that_dumps_misspell_has_its_name(name: str) -> None:
    """OverConstrainedError in Chromium's dumps is W3C's OverconstrainedError."""
    told = [event for one in read(name)[1] for event in one.get("events", [])]
    assert [e["error"] for e in told if "error" in e] == ["OverconstrainedError"]


def test_a_field_that_comes_late_or_goes_early_stands_at_its_own_time() -> None:
    stamps = [T0 + 1000 * n + 0.3 for n in range(5)]
    kind = "candidate-pair"
    stats = {
        "CP-1/a-timestamp": series(kind, stamps, stamps),
        "CP-1/a-bytesSent": series(kind, stamps, [0, 1, 2, 3, 4]),
        "CP-1/a-currentRoundTripTime": series(kind, stamps[2:], [0.2, 0.3, 0.4]),
        "CP-1/a-nominated": series(kind, stamps[1:3], [True, False]),
        "CP-1/a-[bytesSent_in_bits/s]": series(kind, stamps[1:], [8, 8, 8, 8]),
    }
    recording, moments = load(doc(stats))
    found = [one["CP-1/a"] for one in reports(moments)]  # the id has a "-" in it
    assert [one["bytesSent"] for one in found] == [0, 1, 2, 3, 4]
    assert [one.get("currentRoundTripTime") for one in found] == [None, None, 0.2, 0.3, 0.4]
    assert [one.get("nominated") for one in found] == [None, True, False, None, None]
    assert [one["timestamp"] for one in found] == stamps
    assert [moment["t"] for moment in moments] == [int(at) for at in stamps]
    assert set(found[4]) == {"id", "type", "timestamp", "bytesSent", "currentRoundTripTime"}
    assert recording.missing == []


def test_a_hole_leaves_only_what_is_sure() -> None:
    stamps = [T0 + 1000 * n for n in range(5)]
    stats = {
        "T-timestamp": series("transport", stamps, stamps),
        "T-bytesSent": series("transport", stamps, [0, 1, 4]),  # absent twice in between
    }
    recording, moments = load(doc(stats))
    assert [one["T"].get("bytesSent") for one in reports(moments)] == [None] * 4 + [4]
    assert recording.missing == ["9-1: 1 series absent for a while: the format does not tell when"]


def test_a_far_ends_report_repeats_until_the_next_rtcp() -> None:
    """Its own times are RTCP's: they lie between polls, and stand still."""
    polls = [T0 + 1000 * n for n in range(7)]
    own = [T0 + 1500, T0 + 1500, T0 + 1500, T0 + 4200, T0 + 4200]
    kind = "remote-inbound-rtp"
    stats = {
        "T-timestamp": series("transport", polls, polls),
        "RI-timestamp": series(kind, own, own),
        "RI-packetsLost": series(kind, own, [0, 0, 0, 2, 2]),
        "RI-roundTripTime": series(kind, own[3:], [0.1, 0.1]),
    }
    found = [one.get("RI", {}) for one in reports(load(doc(stats))[1])]
    assert [one.get("packetsLost") for one in found] == [None, None, 0, 0, 0, 2, 2]
    assert [one.get("timestamp") for one in found] == [None, None, *own]
    assert [one.get("roundTripTime") for one in found] == [None] * 5 + [0.1, 0.1]


def test_a_report_that_ends_early_and_one_that_comes_late() -> None:
    polls = [T0 + 1000 * n for n in range(5)]
    stats = {
        "T-timestamp": series("transport", polls, polls),
        "IT1-timestamp": series("inbound-rtp", polls[:2], polls[:2]),
        "IT1-ssrc": series("inbound-rtp", polls[:2], [1, 1]),
        "IT2-timestamp": series("inbound-rtp", polls[3:], polls[3:]),
        "IT2-ssrc": series("inbound-rtp", polls[3:], [2, 2]),
        "IT2-mid": series("inbound-rtp", polls[3:], [0, 0]),  # the page makes a number of "0"
    }
    found = [set(one) for one in reports(load(doc(stats))[1])]
    assert found == [{"T", "IT1"}, {"T", "IT1"}, {"T"}, {"T", "IT2"}, {"T", "IT2"}]
    last = reports(load(doc(stats))[1])[-1]
    assert last["IT2"]["mid"] == "0"


def test_the_newest_thousand_points_and_what_was_before() -> None:
    polls = [T0 + 1000 * n for n in range(1000)]
    stats = {
        "T-timestamp": series("transport", polls, polls),
        "T-bytesSent": series("transport", polls, list(range(1000))),
    }
    recording, moments = load(doc(stats))
    assert len(moments) == 1000
    told = "9-1: what was before 03:20:32 UTC (a browser keeps the newest 1000 points)"
    assert recording.missing == [told]


def test_an_old_dump() -> None:
    """Chromium before M117: a log of local times, no types, no timestamps."""
    polls = [T0, T0 + 1000, T0 + 2000]
    stats = {
        "RTCInboundRTPAudioStream_7-ssrc": series(None, polls, [7, 7, 7]),
        "RTCInboundRTPAudioStream_7-packetsReceived": series(None, polls, [0, 50, 100]),
        "RTCInboundRTPAudioStream_7-kind": series(None, polls, ["audio"] * 3),
        "RTCIceCandidate_x-isRemote": series(None, polls, [True] * 3),
        "ssrc_7_recv-googJitterReceived": series(None, polls, [1, 1, 1]),
    }
    log = [{"time": "1/2/2021, 10:11:12 AM", "type": "createOffer", "value": ""}]
    recording, moments = load(doc(stats, log))
    found = reports(moments)
    assert [one["RTCInboundRTPAudioStream_7"]["packetsReceived"] for one in found] == [0, 50, 100]
    assert found[0]["RTCInboundRTPAudioStream_7"]["type"] == "inbound-rtp"
    assert found[0]["RTCIceCandidate_x"]["type"] == "remote-candidate"
    assert [one["RTCIceCandidate_x"]["timestamp"] for one in found] == polls
    assert "ssrc_7_recv" not in found[0]
    assert recording.missing == ["connection events: this browser's log has no epoch times"]


def test_a_dump_that_is_cut_gives_what_came_before() -> None:
    whole = gzip.decompress((FOLDER / "chromium156.internals.gz").read_bytes())
    complete = {one["pc"]: 0 for one in read("chromium156.internals.gz")[1] if "pc" in one}
    assert list(complete) == ["8-1", "8-2"] or list(complete) == ["8-2", "8-1"]
    cut = len(whole) * 3 // 4
    recording, moments = load(whole[:cut])
    assert recording.missing[0].startswith("what follows a place where the file is cut off")
    by_pc: dict[str, int] = {}
    for moment in moments:
        if "stats" in moment:
            by_pc[moment["pc"]] = by_pc.get(moment["pc"], 0) + 1
    assert by_pc["8-1"] == 15  # the first connection is whole
    assert by_pc.get("8-2", 0) > 0
    compact = json.dumps(json.loads(whole)).encode()
    assert load(compact)[1] == read("chromium156.internals.gz")[1]
    assert load(compact[: len(compact) // 2])[1] != []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2, {"b": "c', {"a": [1, 2, {}]}),
        ('{"a": {"b": 1, "c": 2}, "d": ]', {"a": {"b": 1, "c": 2}}),
        ('{"a": 1, "b', {"a": 1}),
        ("[1, 2", [1, 2]),
        ("{", {}),
        ("", None),
        ("nonsense", None),
    ],
)
def test_salvage(text: str, value: Any) -> None:
    assert salvage.read(text) == value
