"""Metrics are right, by other arithmetic on the raw reports, and never absurd."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals import (
    catalog,
    dump,
    fields,
    metrics,
    present,
    report,
    sample,
    session,
)
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "captures"
SECOND = 1_000_000


def unit_of(name: str) -> tuple[int, str, str]:
    unit = catalog.unit(name)
    assert unit is not None, name
    return unit


# ---------------------------------------------------------------------------------------------
# right: the same from the raw reports, by other arithmetic


Raw = dict[str, Any]


def rise(field: str) -> Callable[[Raw, Raw], float]:
    return lambda old, new: new[field] - old[field]


def ratio(above: str, below: str, factor: float = 1.0) -> Callable[[Raw, Raw], float | None]:
    def value(old: Raw, new: Raw) -> float | None:
        under = new[below] - old[below]
        return factor * (new[above] - old[above]) / under if under > 0 else None

    return value


def per_s(field: str, factor: float = 1.0) -> Callable[[Raw, Raw], float | None]:
    def value(old: Raw, new: Raw) -> float | None:
        seconds = (new["timestamp"] - old["timestamp"]) / 1000
        return factor * (new[field] - old[field]) / seconds

    return value


def deviation(old: Raw, new: Raw) -> float | None:
    n = new["framesDecoded"] - old["framesDecoded"]
    total = new["totalInterFrameDelay"] - old["totalInterFrameDelay"]
    squares = new["totalSquaredInterFrameDelay"] - old["totalSquaredInterFrameDelay"]
    return math.sqrt(max(0.0, (squares - total * total / n) / n)) if n > 1 else None


def loudness(old: Raw, new: Raw) -> float | None:
    duration = new["totalSamplesDuration"] - old["totalSamplesDuration"]
    energy = new["totalAudioEnergy"] - old["totalAudioEnergy"]
    return math.sqrt(energy / duration) if duration > 0 else None


def limited(old: Raw, new: Raw) -> float | None:
    was, now = old["qualityLimitationDurations"], new["qualityLimitationDurations"]
    whole = sum(now[key] - was[key] for key in now)
    return (now["bandwidth"] - was["bandwidth"]) / whole if whole > 0 else None


def concealed(old: Raw, new: Raw) -> float | None:
    loud = rise("concealedSamples")(old, new) - rise("silentConcealedSamples")(old, new)
    samples = rise("totalSamplesReceived")(old, new)
    return loud / samples if samples > 0 else None


WANTED: dict[str, dict[str, Callable[[Raw, Raw], float | None]]] = {
    "inbound-rtp audio": {
        "jitterBuffer": ratio("jitterBufferDelay", "jitterBufferEmittedCount"),
        "bufferTarget": ratio("jitterBufferTargetDelay", "jitterBufferEmittedCount"),
        "processing": ratio("totalProcessingDelay", "jitterBufferEmittedCount"),
        "concealed": concealed,
        "concealmentRate": per_s("concealmentEvents"),
        "sped": ratio("removedSamplesForAcceleration", "totalSamplesReceived"),
        "loudness": loudness,
        "headerBitrate": per_s("headerBytesReceived", 8),
        "payloadBitrate": per_s("bytesReceived", 8),
        "discarded": ratio("packetsDiscarded", "packetsReceived"),
    },
    "inbound-rtp video": {
        "fps": per_s("framesDecoded"),
        "receivedFps": per_s("framesReceived"),
        "dropped": ratio("framesDropped", "framesReceived"),
        "decodeTime": ratio("totalDecodeTime", "framesDecoded"),
        "processing": ratio("totalProcessingDelay", "framesDecoded"),
        "assembly": ratio("totalAssemblyTime", "framesAssembledFromMultiplePackets"),
        "frameDistance": ratio("totalInterFrameDelay", "framesDecoded"),
        "frameDeviation": deviation,
        "qp": ratio("qpSum", "framesDecoded"),
        "nackRate": per_s("nackCount"),
        "pliRate": per_s("pliCount"),
        "keyFrameRate": per_s("keyFramesDecoded"),
        "resent": ratio("retransmittedPacketsReceived", "packetsReceived"),
        "resentBitrate": per_s("retransmittedBytesReceived", 8),
        "freezeRate": per_s("freezeCount"),
    },
    "outbound-rtp audio": {
        "headerBitrate": per_s("headerBytesSent", 8),
        "sendDelay": ratio("totalPacketSendDelay", "packetsSent"),
    },
    "outbound-rtp video": {
        "fps": per_s("framesSent"),
        "encodedFps": per_s("framesEncoded"),
        "encodeTime": ratio("totalEncodeTime", "framesEncoded"),
        "qp": ratio("qpSum", "framesEncoded"),
        "hugeFrames": ratio("hugeFramesSent", "framesSent"),
        "sendDelay": ratio("totalPacketSendDelay", "packetsSent"),
        "bandwidthLimited": limited,
        "resent": ratio("retransmittedPacketsSent", "packetsSent"),
    },
}


def pairs_of(name: str) -> Iterator[tuple[Any, Any, Any, Any]]:
    """(raw stream before, now; the core's stream before, now) of a capture."""
    before: dict[Any, Any] = {}
    for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
        for pc, raw in entry["reports"]:
            items = {item["id"]: item for item in raw}
            for stream in report.read(raw)["streams"]:
                key = (pc, stream["id"])
                now = (items[stream["id"]], stream)
                if key in before:
                    yield before[key][0], now[0], before[key][1], now[1]
                before[key] = now


@pytest.mark.parametrize("name", ["chromium-loss5-delay100", "chromium-bw250", "firefox-clean"])
def test_metrics_equal_other_arithmetic_on_the_raw_reports(name: str) -> None:
    compared: dict[tuple[str, str], int] = {}
    for old, new, was, now in pairs_of(name):
        sort = f"{new['type']} {new['kind']}"
        what = sample.between(
            now["direction"], now["kind"], sample.counters(was), sample.counters(now)
        )
        got = metrics.of(now, what)
        for metric, by_hand in WANTED[sort].items():
            try:
                wanted = by_hand(old, new)
            except KeyError:  # not told by this browser
                assert metric not in got, metric
                continue
            if wanted is None or not what:
                assert metric not in got
                continue
            if metric == "fps" and not what["packets"]:
                continue
            scale = unit_of(metric)[0]
            # Half a step, and the counters' own rounding in a quotient of a few.
            slack = 2.0 if metric in ("frameDeviation", "loudness") else 0.6
            assert abs(got[metric] - wanted * scale) <= slack, (metric, got[metric] / scale, wanted)
            compared[sort, metric] = compared.get((sort, metric), 0) + 1
    assert len(compared) >= 20
    assert all(count > 10 for count in compared.values()), compared


def test_bits_per_pixel_leave_headers_and_retransmissions_out() -> None:
    found = 0
    for old, new, was, now in pairs_of("chromium-bw250"):
        if new["type"] != "outbound-rtp" or new["kind"] != "video":
            continue
        what = sample.between("outbound", "video", sample.counters(was), sample.counters(now))
        frames = new["framesSent"] - old["framesSent"]
        if frames and what:
            payload = rise("bytesSent")(old, new) - rise("retransmittedBytesSent")(old, new)
            wanted = 8 * payload / (frames * new["frameWidth"] * new["frameHeight"])
            assert abs(metrics.of(now, what)["bitsPerPixel"] - wanted * 10000) <= 0.6
            found += 1
    assert found > 50


# ---------------------------------------------------------------------------------------------
# never absurd


COUNTERS = sorted(
    {field[0] for kind in ("inbound-rtp", "outbound-rtp") for field in fields.FIELDS[kind]}
    - fields.TEXT
    - fields.BOOL
    - {"timestamp", "ssrc"}
)


@st.composite
def reports(draw: st.DrawFn) -> list[list[Raw]]:
    """A stream's reports: counters that grow, stand, begin anew, vanish, come back."""
    kind = draw(st.sampled_from(["audio", "video"]))
    direction = draw(st.sampled_from(["inbound", "outbound"]))
    far = "remote-outbound-rtp" if direction == "inbound" else "remote-inbound-rtp"
    now = dict.fromkeys(COUNTERS, 0.0)
    t = 1_795_448_731_544.0
    out = []
    for _ in range(draw(st.integers(2, 6))):
        t += draw(st.sampled_from([0.0, 0.5, 999.9, 1000.0, 5000.0, 20000.0, -1000.0]))
        for name in draw(st.lists(st.sampled_from(COUNTERS), max_size=30)):
            step = draw(st.sampled_from([0, 1, 7.25, 1e4, 1e9, 2**40, -1, -1e6]))
            now[name] = max(-5.0, now[name] + step) if draw(st.booleans()) else 0.0
        hidden = set(draw(st.lists(st.sampled_from(COUNTERS), max_size=5)))
        told = {name: value for name, value in now.items() if name not in hidden}
        told["qualityLimitationDurations"] = {"cpu": now["qpSum"], "none": 1.0}
        stream = {"id": "S", "type": f"{direction}-rtp", "kind": kind, "ssrc": 1, "timestamp": t}
        remote = {"id": "R", "type": far, "kind": kind, "localId": "S"}
        remote["timestamp"] = t - draw(st.sampled_from([0.0, 300.0, 60000.0, -300.0]))
        for name in ("packetsSent", "packetsLost", "packetsReceived", "totalRoundTripTime"):
            remote[name] = draw(st.sampled_from([0, 5, 1000, 10**9]))
        pair = {"id": "P", "type": "candidate-pair", "timestamp": t, "selected": True}
        pair |= {"bytesSent": abs(now["bytesSent"]), "currentRoundTripTime": abs(now["jitter"])}
        out.append([told | stream, remote, pair])
    return out


def check(told: list[list[Raw]]) -> None:
    one = session.Session()
    for tick, items in enumerate(told):
        entry = {"tick": tick, "t": 1795448731544 + tick * 1000, "reports": [["0", items]]}
        entry["events"] = [{"type": "watch", "on": True}] if tick == 0 else []
        row = one.feed(entry)
        doc = one.state()
        several = [row["values"], *doc["streams"].values(), *doc["pcs"].values()]
        for values in several:
            for key, value in values.items():
                name = key.split(".")[0]
                unit = catalog.unit(name) or fields.SERIES.get(name)
                if unit is not None:
                    assert 0 <= value < 2**53, key
                    assert unit[1] != "ratio" or name == "frameVariation" or value <= unit[0], key


@settings(max_examples=60, deadline=None)
@given(reports())
def test_no_value_is_negative_or_absurd(told: list[list[Raw]]) -> None:
    check(told)


@pytest.mark.long
@settings(max_examples=5000, deadline=None)
@given(reports())
def test_no_value_is_negative_or_absurd_of_many(told: list[list[Raw]]) -> None:
    check(told)


def test_a_rate_needs_a_rise_within_15_seconds() -> None:
    stream = {"direction": "inbound", "kind": "audio", "id": "S"}
    old = sample.counters({**stream, "timestamp": 0, "packetsReceived": 5, "nackCount": 5})
    for after, wanted in ((SECOND, True), (15 * SECOND, True), (16 * SECOND, False), (0, False)):
        new = sample.counters({**stream, "timestamp": after, "packetsReceived": 9, "nackCount": 4})
        what = sample.between("inbound", "audio", old, new)
        assert bool(what) == wanted
        assert "nackCount" not in what, "it began anew"


def test_metrics_are_presented_in_base_units() -> None:
    doc = {
        "streams": {"s0": {"jitterBuffer": 412, "decodeTime": 31, "qp": 255, "reportAge": 4775}},
        "pcs": {"c0": {"name": "0", "rttIce": 2010, "availableOut": 9, "connectTime": 1500}},
    }
    told = present.present(doc)
    assert told["streams"]["s0"] == {
        "jitterBuffer": 0.0412,
        "decodeTime": 0.0031,
        "qp": 25.5,
        "reportAge": 4.775,
    }
    assert told["pcs"]["c0"]["rttIce"] == 0.201
    assert told["pcs"]["c0"]["availableOut"] == 9
    assert told["pcs"]["c0"]["connectTime"] == 1.5
