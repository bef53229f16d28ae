"""A day-old meeting of very many streams: checkpoint and state keep within their limits."""

from typing import Any

import pytest
from callvitals import counted, fields, session, state, wire

T0 = 1795448731544
SCALES = {field[0]: field[2] for kind in fields.ORDER for field in fields.FIELDS[kind]}
MOST = 131072  # characters of a checkpoint
LABELS = [
    {
        "type": "label",
        "track": f"{number:08d}-1111-2222-3333-444444444444",
        "participant": f"participant {number}",
        "source": "camera",
    }
    for number in range(256)
]


def stream(number: int, tick: int) -> list[dict[str, Any]]:
    """All that a browser tells of a stream that has run for a day."""
    kind = "audio" if number % 2 else "video"
    direction = "inbound" if number % 8 < 6 else "outbound"
    t = T0 + tick * 1000
    item: dict[str, Any] = {
        "id": f"S{number}",
        "type": f"{direction}-rtp",
        "timestamp": t + 0.123,
        "ssrc": 3_000_000_000 + number,
        "kind": kind,
        "mid": str(number),
        "trackIdentifier": LABELS[number % 256]["track"],
        "playoutId": "AP",
        "mediaSourceId": f"MS{number}",
        "jitter": 0.012,
        "frameWidth": 1280,
        "frameHeight": 720,
        "totalFreezesDuration": 1234.5 + tick / 2,
    }
    for name in ("packetsReceived", "packetsSent"):
        item[name] = 50_000_000 + tick * 1000
    for name in ("bytesReceived", "bytesSent"):
        item[name] = 50_000_000_000 + tick * 100_000
    for name in ("jitterBufferEmittedCount", "totalSamplesReceived"):
        item[name] = 4_000_000_000 + tick * 48_000
    for name in ("concealedSamples", "packetsLost"):
        item[name] = 500_000 + tick
    for name in ("framesDecoded", "framesSent"):
        item[name] = 2_000_000 + tick * 30
    for name in counted.OWN[direction + kind]:
        whole = SCALES[name] == 1
        grown = 3_000_000 + tick * 57 if whole else 90_000.123456 + tick * 1.013
        outer, _, inner = name.partition(".")
        if inner:
            item.setdefault(outer, {})[inner] = grown
        else:
            item.setdefault(name, grown)
    far = {
        "id": f"R{number}",
        "type": "remote-outbound-rtp" if direction == "inbound" else "remote-inbound-rtp",
        "timestamp": t - 300,
        "localId": item["id"],
        "packetsSent": 50_000_000 + tick * 1000,
        "packetsReceived": 50_000_000 + tick * 1000,
        "packetsLost": 500_000 + tick,
        "roundTripTime": 0.123,
        "totalRoundTripTime": 9000.123 + tick,
        "roundTripTimeMeasurements": 90_000 + tick,
    }
    source = {"id": f"MS{number}", "type": "media-source", "timestamp": t, "kind": kind}
    source |= {"frames": 2_000_000 + 30 * tick, "totalAudioEnergy": 99.1 + tick}
    return [item, far, source]


def entry(tick: int, pcs: int, events: list[dict[str, Any]]) -> dict[str, Any]:
    t = T0 + tick * 1000
    reports = []
    for pc in range(pcs):
        items = []
        for number in range(300 * pc // pcs, 300 * (pc + 1) // pcs):
            items += stream(number, tick)
        for number in range(6):
            pair = {"id": f"CPabcdefgh_{pc}{number}", "type": "candidate-pair", "timestamp": t}
            pair |= {"selected": number == 0, "responsesReceived": 90_000 + tick}
            pair |= {"bytesSent": 9 * 10**10 + tick, "bytesReceived": 9 * 10**10 + tick}
            items.append(pair)
        reports.append([str(pc), items])
    return {"tick": tick, "t": t, "reports": reports, "events": events}


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize(
    ("pcs", "labels", "streams"), [(1, "", 256), (1, "late", 256), (64, "", 80)]
)
def test_nothing_grows_beyond_its_limit(pcs: int, labels: str, streams: int, watched: bool) -> None:
    one = session.Session()
    watch = [{"type": "watch", "on": watched}]
    for tick in range(6):
        row = one.feed(entry(tick, pcs, LABELS if labels and tick == 3 else watch))
    doc = one.state()
    state.validate(doc)
    kept = one.checkpoint()
    assert len(kept) <= MOST
    assert session.restore(kept).checkpoint() == kept
    assert len(row["values"]) < wire.MAX_COLUMNS
    followed = {key.split(".")[1] for key in row["values"] if "." in key} if watched else set()
    assert not watched or len(followed) >= streams
    assert doc["counts"]["streamsBeyond"] <= 300 - streams
    assert doc["counts"]["streamsBrief"] > 0
    assert not labels or len(doc["labels"]) >= 150


def test_labels_that_came_first_leave_less_room_for_streams() -> None:
    one = session.Session()
    one.feed({"tick": 0, "t": T0, "reports": [], "events": LABELS})
    for tick in range(1, 5):
        one.feed(entry(tick, 1, []))
    assert len(one.state()["labels"]) == 256
    assert 44 < one.state()["counts"]["streamsBeyond"] < 150
    assert len(one.checkpoint()) <= MOST


def test_the_first_streams_are_remembered_in_full() -> None:
    one = session.Session()
    for tick in range(3):
        one.feed(entry(tick, 1, [{"type": "watch", "on": True}]))
    shown = one.state()["streams"]
    assert "headerBitrate" in shown["s31"]
    assert "headerBitrate" not in shown["s32"], "the others tell their series"
    assert "bitrate" in shown["s32"]
    assert one.state()["counts"]["streamsBrief"] == 256 - 32
