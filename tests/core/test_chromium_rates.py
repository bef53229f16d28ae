"""Chromium's own rates, which a dump of chrome://webrtc-internals has beside the counters."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals import catalog, dump, metrics, report, sample

ROOT = Path(__file__).parents[2]
DUMP = ROOT / "tests" / "data" / "captures" / "internals" / "chromium156-clean.json.gz"

Told = dict[str, float]  # our metrics, in base units
AVERAGE = "/jitterBufferEmittedCount_in_ms]"


def samples(name: str) -> "Callable[[Told], float]":
    """A share of the sound's samples, a second."""
    return lambda told: told[name] * told["sampleRate"]


def ms(name: str) -> "Callable[[Told], float]":
    return lambda told: told[name] * 1000


def bits(told: Told) -> float:
    return told["bitrate"] - told["headerBitrate"]


# What Chromium calls it -> the same of ours, and by how much both may differ: half a step of ours
# and what rounding times to microseconds does.
SAME: dict[str, tuple[Callable[[Told], float], float]] = {
    "[bytesSent_in_bits/s]": (bits, 2),
    "[bytesReceived_in_bits/s]": (bits, 2),
    "[headerBytesSent_in_bits/s]": (lambda told: told["headerBitrate"], 1),
    "[headerBytesReceived_in_bits/s]": (lambda told: told["headerBitrate"], 1),
    "[retransmittedBytesSent_in_bits/s]": (lambda told: told["resentBitrate"], 1),
    "[retransmittedBytesReceived_in_bits/s]": (lambda told: told["resentBitrate"], 1),
    "[totalPacketSendDelay/packetsSent_in_ms]": (ms("sendDelay"), 0.06),
    "[framesEncoded/s]": (lambda told: told["encodedFps"], 0.06),
    "[framesSent/s]": (lambda told: told["fps"], 0.06),
    "[totalEncodeTime/framesEncoded_in_ms]": (ms("encodeTime"), 0.06),
    "[qpSum/framesEncoded]": (lambda told: told["qp"], 0.06),
    "[qpSum/framesDecoded]": (lambda told: told["qp"], 0.06),
    "[framesReceived/s]": (lambda told: told["receivedFps"], 0.06),
    "[framesDecoded/s]": (lambda told: told["fps"], 0.06),
    "[keyFramesDecoded/s]": (lambda told: told["keyFrameRate"], 0.006),
    "[framesReceived-framesDecoded-framesDropped]": (lambda told: told["waiting"], 0),
    "[totalDecodeTime/framesDecoded_in_ms]": (ms("decodeTime"), 0.06),
    "[totalInterFrameDelay/framesDecoded_in_ms]": (ms("frameDistance"), 0.06),
    "[interFrameDelayStDev_in_ms]": (ms("frameDeviation"), 0.3),
    "[totalAssemblyTime/framesAssembledFromMultiplePackets_in_ms]": (ms("assembly"), 0.06),
    "[totalSamplesReceived/s]": (lambda told: told["sampleRate"], 0.06),
    "[concealedSamples/s]": (
        lambda told: samples("concealed")(told) + samples("silentConcealed")(told),
        5,  # a step of a share is 4.8 samples
    ),
    "[concealedSamples/totalSamplesReceived]": (
        lambda told: told["concealed"] + told["silentConcealed"],
        0.0001,
    ),
    "[silentConcealedSamples/s]": (samples("silentConcealed"), 3),
    "[insertedSamplesForDeceleration/s]": (samples("slowed"), 3),
    "[removedSamplesForAcceleration/s]": (samples("sped"), 3),
    "[jitterBufferDelay" + AVERAGE: (ms("jitterBuffer"), 0.06),
    "[jitterBufferTargetDelay" + AVERAGE: (ms("bufferTarget"), 0.06),
    "[jitterBufferMinimumDelay" + AVERAGE: (ms("bufferMinimum"), 0.06),
    "[Audio_Level_in_RMS]": (lambda told: told["loudness"], 0.0002),
}
# Of pictures webrtc-stats means it per frame decoded, and so do we.
OF_SOUND = {"[totalProcessingDelay" + AVERAGE: (ms("processing"), 0.06)}


def theirs() -> dict[tuple[str, str], dict[str, dict[int, Any]]]:
    """By connection and stats object: its rates by name and by the report's time (us)."""
    out: dict[tuple[str, str], dict[str, dict[int, Any]]] = {}
    doc = json.loads(gzip.decompress(DUMP.read_bytes()))
    for pc, one in doc["PeerConnections"].items():
        for key, series in one["stats"].items():
            ident, bracket, name = key.partition("-[")
            if not bracket:
                continue
            stamps = json.loads(one["stats"][ident + "-timestamp"]["values"])
            numbers = json.loads(series["values"])
            if len(numbers) < len(stamps) - 1:
                continue  # absent for a while: the format does not tell when
            times = [round(stamp * 1000) for stamp in stamps[len(stamps) - len(numbers) :]]
            rates = out.setdefault((pc, ident), {})
            rates["[" + name] = dict(zip(times, numbers, strict=True))
    return out


def ours() -> Iterator[tuple[tuple[str, str], Any, Told]]:
    """((connection, stream), the stream, its metrics since its former report)."""
    before: dict[Any, Any] = {}
    for entry in dump.read(str(DUMP)):
        for pc, raw in entry["reports"]:
            for stream in report.read(raw)["streams"]:
                key = (pc, stream["id"])
                slots = sample.counters(stream)
                if key in before and before[key] != slots:
                    kind = stream["direction"], stream["kind"]
                    found = metrics.of(stream, sample.between(*kind, before[key], slots))
                    told = {name: value / steps(name) for name, value in found.items()}
                    yield key, stream, told
                before[key] = slots


def steps(name: str) -> int:
    unit = catalog.unit(name)
    assert unit is not None
    return unit[0]


def test_streams_rates_are_the_browsers_own() -> None:
    rates = theirs()
    compared: dict[str, int] = {}
    for key, stream, told in ours():
        wanted = SAME | (OF_SOUND if stream["kind"] == "audio" else {})
        holder = dict(rates.get(key, {}))
        if stream["direction"] == "outbound" and stream["kind"] == "audio":
            level = rates.get((key[0], stream["source"]["id"]), {})
            holder |= {"[Audio_Level_in_RMS]": level["[Audio_Level_in_RMS]"]}
        for name, at in holder.items():
            if name in wanted and stream["timestamp"] in at:
                value, slack = wanted[name]
                try:
                    mine = value(told)
                except KeyError:  # of nothing there is no share, and no mean
                    assert not at[stream["timestamp"]], (key, name)
                    continue
                assert abs(mine - at[stream["timestamp"]]) <= slack, (key, name, mine, at)
                compared[name] = compared.get(name, 0) + 1
    assert set(compared) == set(SAME) | set(OF_SOUND), "every one of them was there"
    assert min(compared.values()) >= 20, compared


def test_every_rate_has_its_name_of_ours() -> None:
    """Also what belongs to connections, far ends and devices, and what is no rate."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    found = {name for rates in theirs().values() for name in rates}
    assert len(found) > 35
    assert {name for name in found if f"{name}" not in page} == set()


@pytest.mark.parametrize("name", ["fecBitrate", "waiting", "sampleRate"])
def test_what_only_chromium_has_is_made_of_its_counters(name: str) -> None:
    old = {"direction": "inbound", "kind": "audio", "timestamp": 0, "id": "I"}
    old |= {"packetsReceived": 0, "totalSamplesReceived": 0, "fecBytesReceived": 0}
    new = old | {"timestamp": 2_000_000, "totalSamplesReceived": 96_000, "fecBytesReceived": 250}
    if name == "waiting":
        old["kind"] = new["kind"] = "video"
        new |= {"framesReceived": 40, "framesDecoded": 30, "framesDropped": 7}
    what = sample.between("inbound", old["kind"], sample.counters(old), sample.counters(new))
    wanted = {"fecBitrate": 1000, "waiting": 3, "sampleRate": 4_800_000}
    assert metrics.of(new, what)[name] == wanted[name]
