"""The Session: exact checkpoints, junk, limits, events, periods."""

import json
from pathlib import Path
from typing import Any

import golden
import pytest
from calls import Call
from callvitals import dump, fields, report, session, state, wire
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data" / "captures"


def texts(one: session.Session, entries: list[dict[str, Any]]) -> list[str]:
    return [wire.text(one.feed(entry)) + wire.text(one.state()) for entry in entries]


@pytest.mark.parametrize("name", ["chromium-events", "firefox-loss5-delay100", "generated"])
def test_a_restored_session_goes_on_exactly(name: str) -> None:
    """For every cut: rows and states are byte for byte those of the uninterrupted Session."""
    if name == "generated":
        entries = list(golden.generated(7, 80))
    else:
        entries = list(dump.read(str(DATA / f"{name}.jsonl.gz")))
        entries[3]["events"] = [{"type": "watch", "on": True}]
    whole = texts(session.Session(), entries)
    one = session.Session()
    for cut, entry in enumerate(entries):
        one.feed(entry)
        if cut % 3 == 1:
            kept = one.checkpoint()
            assert kept.isascii()
            again = session.restore(kept)
            assert again.checkpoint() == kept
            few = entries[cut + 1 : cut + 12]  # what differs shows within the ten seconds
            assert texts(again, few) == whole[cut + 1 : cut + 12], cut


def test_a_checkpoint_that_is_not_ours_is_refused() -> None:
    text = session.Session().checkpoint()
    for bad in ("", "{}", "1" + text[1:], text[:-1], text.replace("unknown", "unknowm"), "1 2"):
        with pytest.raises(ValueError, match="checkpoint"):
            session.restore(bad)


def busy_entry(tick: int, streams: int) -> dict[str, Any]:
    """A day-old meeting of many streams, each with all that a browser tells."""
    t = 1795448731544 + tick * 1000
    items: list[dict[str, Any]] = []
    for i in range(streams):
        kind = "audio" if i % 2 else "video"
        items.append(
            {
                "id": f"IT01V{3000000000 + i}",
                "type": "inbound-rtp",
                "timestamp": t + 0.123,
                "ssrc": 3000000000 + i,
                "kind": kind,
                "mid": str(i),
                "trackIdentifier": f"{i:08d}-1111-2222-3333-444444444444",
                "packetsReceived": 50_000_000 + tick * 1000,
                "packetsLost": 500_000,
                "retransmittedPacketsReceived": 300_000,
                "bytesReceived": 50_000_000_000 + tick * 100_000,
                "headerBytesReceived": 900_000_000,
                "jitter": 0.012,
                "jitterBufferDelay": 200_000_000.5 + tick,
                "jitterBufferEmittedCount": 4_000_000_000 + tick * 48000,
                "totalSamplesReceived": 4_000_000_000 + tick * 48000,
                "concealedSamples": 40_000_000,
                "silentConcealedSamples": 3_000_000,
                "framesDecoded": 2_000_000 + tick * 30,
                "totalFreezesDuration": 1234.5 + tick / 2,
                "frameWidth": 1280,
                "frameHeight": 720,
            }
        )
    watch = [{"type": "watch", "on": True}] if tick == 0 else []
    return {"tick": tick, "t": t, "reports": [["0", items]], "events": watch}


def test_256_streams_fit_and_the_rest_is_counted() -> None:
    one = session.Session()
    for tick in range(15):
        row = one.feed(busy_entry(tick, 300))
    assert len(one.checkpoint()) <= 120000, "some room is left"
    doc = one.state()
    state.validate(doc)
    assert len(doc["streams"]) == 256
    assert doc["counts"]["streamsBeyond"] == 44
    assert sorted(doc["streams"], key=lambda key: int(key[1:]))[0] == "s0"
    assert "bitrate.s255" in row["values"]
    assert len(row["values"]) < wire.MAX_COLUMNS


def test_stream_keys_follow_the_order_of_pc_direction_kind_mid_ssrc() -> None:
    def stream(direction: str, kind: str, mid: str, ssrc: int) -> dict[str, Any]:
        return {
            "id": f"{direction}{ssrc}",
            "type": f"{direction}-rtp",
            "timestamp": 1000,
            "kind": kind,
            "mid": mid,
            "ssrc": ssrc,
        }

    first = [stream("outbound", "video", "1", 5), stream("inbound", "video", "1", 9)]
    second = [stream("inbound", "audio", "0", 7), stream("inbound", "video", "1", 8)]
    one = session.Session()
    events = [{"type": "watch", "on": True}]
    one.feed({"tick": 0, "t": 1, "reports": [["b", first], ["a", second]], "events": events})
    streams = one.state()["streams"]
    assert {key: s["ssrc"] for key, s in streams.items()} == {"s0": 7, "s1": 8, "s2": 9, "s3": 5}
    one.feed({"tick": 1, "t": 2, "reports": [["b", first[:1]]], "events": []})
    one.feed({"tick": 2, "t": 40000, "reports": [["b", first[:1]]], "events": []})
    one.feed({"tick": 3, "t": 41000, "reports": [["b", first]], "events": []})
    streams = one.state()["streams"]
    assert {s["ssrc"]: key for key, s in streams.items()} == {5: "s3", 9: "s4"}, "never reused"


def test_streams_are_shown_only_while_watched() -> None:
    call = Call()
    one = session.Session()
    call.run(1000)
    one.feed(call.entry({"type": "watch", "on": True}))
    call.run(1000)
    row = one.feed(call.entry())
    assert set(one.state()["streams"]) == {"s0", "s1", "s2", "s3"}
    assert "bitrate.s0" in row["values"]
    call.run(1000)
    one.feed(call.entry({"type": "watch", "on": False}))
    assert "streams" not in one.state()


def test_unwatched_streams_are_told_every_ten_seconds() -> None:
    call = Call()
    one = session.Session()
    told = 0
    for _ in range(60):
        call.run(1000)
        told += "bitrate.s0" in one.feed(call.entry())["values"]
    assert 5 <= told <= 6
    # What is told covers the whole ten seconds: 50 packets of 1,000 bytes a second.
    while "bitrate.s0" not in (row := one.feed(call.entry()))["values"]:
        call.run(1000)
    assert row["values"]["bitrate.s0"] == 400_000


@pytest.mark.parametrize("period", [2000, 5000])
def test_the_polling_period_does_not_matter(period: int) -> None:
    """The same call, sampled differently, has the same score at the same moments."""

    def scores(step: int) -> dict[int, int]:
        call = Call()
        call.loss = 0.05
        one = session.Session()
        out = {}
        for _ in range(60000 // step):
            call.run(step)
            row = one.feed(call.entry())
            if "score" in row["values"]:
                out[row["t"]] = row["values"]["score"]
        return out

    often = scores(1000)
    seldom = scores(period)
    common = [t for t in seldom if t in often and t > min(seldom)]
    assert len(common) > 5
    assert all(abs(often[t] - seldom[t]) <= 5 for t in common)
    assert min(often.values()) < 400


def test_the_browsers_cached_report_makes_no_value() -> None:
    call = Call()
    one = session.Session()
    call.run(1000)
    one.feed(call.entry())
    call.run(1000)
    assert one.feed(call.entry())["values"]["download"] > 0
    values = one.feed(call.entry())["values"]
    assert "download" not in values
    assert "lossIn" not in values


def test_a_counter_that_falls_makes_no_value_and_begins_anew() -> None:
    call = Call()
    one = session.Session()
    for _ in range(3):
        call.run(1000)
        one.feed(call.entry())
    call.heard = dict.fromkeys(call.heard, 10)
    call.received_bytes = 10
    call.run(1000)
    values = one.feed(call.entry())["values"]
    assert "download" not in values
    assert "lossIn" not in values
    call.run(1000)
    values = one.feed(call.entry())["values"]
    assert values["lossIn"] == 0
    assert values["download"] == 61000 * 8


def test_negative_and_falling_packets_lost_are_never_loss() -> None:
    call = Call()
    one = session.Session()
    for lost in (0, -3, -1, 2, 1, 2, 3):
        call.run(1000)
        call.lost["audio"] = lost
        row = one.feed(call.entry())
        if lost in (-3, -1) or row["values"].get("lossIn") == 0:
            assert row["values"].get("lossIn", 0) == 0
    a = next(record["a"] for record in one._m["streams"].values() if record["ssrc"] == 11)
    assert a[session.sample.LOST] == 3


def test_events_enter_are_kept_and_change_the_state() -> None:
    one = session.Session()
    entry: dict[str, Any] = {"tick": 0, "t": 5, "reports": []}
    entry["events"] = [
        {"type": "facts", "facts": {"browser": "Chrome", "cores": 8, "mobile": False}},
        {"type": "pc", "pc": "0", "connectionState": "connecting"},
        {"type": "label", "track": "t1", "participant": "Ann", "source": "camera"},
        {"type": "lost", "what": "ticks", "count": 4},
        {"type": "clock-jump", "ms": 5000},
        {"type": "engine-reset", "why": "checkpoint"},
        {"type": "config", "off": False},
        {"type": "mark", "name": "\ud83d\ude80", "data": {"n": 1, "bad": 1.5, "none": None}},
        {"type": "no-such-thing"},
        "not an event",
        {"no": "type"},
    ]
    row = one.feed(entry)
    kept = [event["type"] for event in row["events"]]
    assert kept == ["pc", "label", "lost", "clock-jump", "engine-reset", "mark", "issue-open"]
    assert row["events"][-2] == {"type": "mark", "name": "\U0001f680", "data": {"n": 1}}
    assert row["events"][-1]["name"] == "clock-jump"
    doc = one.state()
    state.validate(doc)
    assert doc["facts"] == {"browser": "Chrome", "cores": 8, "mobile": False}
    assert doc["labels"] == {"t1": {"participant": "Ann", "source": "camera"}}
    assert doc["pcs"]["c0"]["state"] == "connecting"
    counts = doc["counts"]
    assert (counts["rowsLost"], counts["clockJumps"], counts["engineResets"]) == (4, 1, 1)
    assert counts["nonsense"] == 5
    entry = {"tick": 1, "t": 1005, "reports": []}
    entry["events"] = [{"type": "pc", "pc": "0", "connectionState": "connected"}]
    assert one.feed(entry)["notable"]
    assert not one.feed({"tick": 2, "t": 2005, "reports": [], "events": []})["notable"]


def test_labels_cannot_outgrow_the_state() -> None:
    one = session.Session()
    for tick in range(30):
        labels = [
            {"type": "label", "track": "\u4e2d" * 100 + f"{tick}-{i}", "participant": "x" * 500}
            for i in range(100)
        ]
        one.feed({"tick": tick, "t": tick, "reports": [], "events": labels})
    state.validate(one.state())
    assert one.state()["counts"]["nonsense"] > 0


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.integers(), max_size=2)
)
NAMES = st.sampled_from(
    sorted({field[0] for name in fields.ORDER for field in fields.FIELDS[name]} | {"type", "zzz"})
)
STATS = st.dictionaries(NAMES, SCALARS, max_size=12) | SCALARS
TYPED = st.builds(
    lambda name, rest, ident: {**rest, "type": name, "id": ident},
    st.sampled_from(fields.ORDER[1:]),
    st.dictionaries(NAMES, SCALARS, max_size=20),
    st.sampled_from(["A", "B"]),
)
REPORTS = st.lists(
    st.tuples(st.sampled_from(["0", "1"]), st.lists(STATS | TYPED, max_size=8)).map(list) | SCALARS,
    max_size=3,
)
EVENTS = st.lists(st.dictionaries(st.text(max_size=5), SCALARS, max_size=4) | SCALARS, max_size=3)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"tick": SCALARS, "t": SCALARS, "reports": REPORTS | SCALARS, "events": EVENTS}
        ),
        max_size=5,
    )
)
def test_nothing_fed_ever_raises(entries: list[dict[str, Any]]) -> None:
    one = session.Session()
    for entry in entries:
        row = one.feed(entry)
        json.loads(wire.text(row))
        state.validate(one.state())
        one = session.restore(one.checkpoint())


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_spoilt_report_never_raises(data: st.DataObject) -> None:
    """A sound call in which any value of any report is replaced by anything."""
    call = Call()
    one = session.Session()
    for _ in range(4):
        call.run(1000)
        entry = call.entry()
        items = entry["reports"][0][1]
        for _ in range(3):
            item = data.draw(st.sampled_from(items))
            item[data.draw(st.sampled_from(sorted(item)))] = data.draw(SCALARS)
        row = one.feed(entry)
        wire.text(row)
        state.validate(one.state())
        assert all(abs(value) < 2**53 for value in row["values"].values())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(width=64) | st.integers(-2, 15).map(float), max_size=200))
def test_packed_garbage_never_raises_and_is_counted(values: list[float]) -> None:
    reports = report.unpack(fields.SCHEMA, ["x", "audio"], values)
    one = session.Session()
    one.feed({"tick": 0, "t": 0, "reports": reports, "events": []})
    if values and not 0 <= values[0] < len(fields.SCHEMA):
        assert one.state()["counts"]["nonsense"] > 0


def test_an_older_or_newer_schema_is_understood_by_name() -> None:
    schema = [["future", ["a"]], ["transport", ["bytesSent", "news", "id"]], ["pc", ["id"]]]
    values = [2.0, 0.0, 0.0, 5.0, 1.0, 77.0, 88.0, 1.0]
    assert report.unpack(schema, ["pc-1", "T1"], values) == [
        ["pc-1", [{"type": "transport", "bytesSent": 77.0, "id": "T1"}]]
    ]
