"""What calls do to streams and counters: nothing is said that did not happen. A named test each."""

import pytest
from callvitals import metrics, sample, state
from feeder import T0, Feeder, audio_in, item, pair, streams, video_out


def test_a_codec_switch_begins_all_counters_anew() -> None:
    feed = Feeder()
    codecs = [item("codec", name, mimeType=f"audio/{name}") for name in ("opus", "PCMU")]
    for second in (1, 2, 3):
        feed(audio_in(second, codecId="opus", nackCount=5), *codecs)
    values = feed(audio_in(0.5, codecId="PCMU", nackCount=0), *codecs)
    assert not {"bitrate.s0", "lossIn", "download"} & set(values)
    values = feed(audio_in(1.5, codecId="PCMU", nackCount=0), *codecs)
    assert values["bitrate.s0"] == 40000
    assert [stream["codec"] for stream in feed.shown] == ["pcmu"], "the same stream"


def test_another_ssrc_is_another_stream() -> None:
    feed = Feeder()
    feed(audio_in(100))
    feed(audio_in(101))
    values = feed(audio_in(1, ssrc=12))
    assert "bitrate.s1" not in values, "nothing is said from the one to the other"
    values = feed(audio_in(2, ssrc=12))
    assert values["bitrate.s1"] == 40000
    assert [stream["ssrc"] for stream in feed.shown] == [12]


def test_a_layer_switch_changes_the_picture_alone() -> None:
    """A server forwards another layer under the same SSRC: counters go on."""
    feed = Feeder()
    picture = {"kind": "video", "frameWidth": 1280, "frameHeight": 720}
    for second in range(1, 5):
        if second == 3:
            picture |= {"frameWidth": 320, "frameHeight": 180}
        values = feed(audio_in(second, framesDecoded=25 * second, **picture))
        if second > 1:
            assert (values["bitrate.s0"], values["fps.s0"]) == (40000, 250)
    assert (values["width.s0"], values["height.s0"]) == (320, 180)


def test_replace_track_changes_the_source() -> None:
    feed = Feeder()
    for second, source, frames in ((1, "S1", 30), (2, "S1", 60), (3, "S2", 9000), (4, "S2", 9015)):
        origin = item("media-source", source, kind="video", frames=frames)
        values = feed(video_out(second, mediaSourceId=source), origin)
        wanted = {2: 300, 4: 150}.get(second)
        assert values.get("sourceFps.s0") == wanted, second


def test_replace_track_null_leaves_a_dangling_id() -> None:
    """Chromium's SV0 is in no report."""
    feed = Feeder()
    other = item("media-source", "S9", kind="video", frames=10)
    for second in (1, 2):
        values = feed(video_out(second, mediaSourceId="SV0", codecId="x", remoteId="y"), other)
    assert values["bitrate.s0"] == 400_000
    assert "sourceFps.s0" not in values
    assert feed.one.state()["counts"]["nonsense"] == 0


def test_a_removed_report_may_come_back() -> None:
    feed = Feeder()
    for second in (1, 2):
        feed(audio_in(second))
    for _ in range(3):
        assert "download" not in feed()
    values = feed(audio_in(6))
    assert values["bitrate.s0"] == 40000, "over the time between the reports"
    feed()
    assert "bitrate.s0" not in feed(audio_in(1)), "it began anew"
    assert feed(audio_in(2))["bitrate.s0"] == 40000
    feed(after=31000)
    feed(audio_in(50))
    assert "bitrate.s1" in feed(audio_in(51)), "after half a minute it is another"


def test_an_ice_restart_leaves_old_pairs_behind() -> None:
    feed = Feeder()
    ends = {"transportId": "T", "nominated": True, "state": "succeeded"}
    for second in range(1, 7):
        old = pair("old", 10**7, 10**7, currentRoundTripTime=0.3, responsesReceived=9, **ends)
        old["lastPacketReceivedTimestamp"] = T0
        items = [old]
        if second > 3:
            used = pair("new", 1000 * second, 2000 * second, currentRoundTripTime=0.05, **ends)
            items.append(used | {"lastPacketReceivedTimestamp": T0 + 1000 * second})
        values = feed(*items)
        if second > 4:
            assert (values["upload"], values["download"], values["rtt"]) == (8000, 16000, 500)
    assert feed.pc["pairSwitches"] == 1


def test_a_stale_receiver_report_tells_nothing_of_now() -> None:
    feed = Feeder()
    came = T0 + 1000
    for second in range(1, 20):
        far = item("remote-inbound-rtp", "R", localId="OV", packetsLost=5 * min(second, 1))
        far |= {"timestamp": came, "roundTripTime": 0.2, "jitter": 0.01, "fractionLost": 0.5}
        values = feed(video_out(second), far)
        assert "lossOut" not in values, "it was told once, before we knew what it is of"
        fresh = second <= 11
        assert ("rtt" in values) == fresh
        if second > 1:
            assert ("rtt.s0" in values) == fresh
            assert ("fractionLost" in feed.shown[0]) == fresh
            assert feed.shown[0]["reportAge"] == 1000 * (second - 1)


def test_a_cached_report_is_told_once() -> None:
    feed = Feeder()
    feed(audio_in(1))
    feed(audio_in(2))
    values = feed.entry([["0", [audio_in(2) | {"timestamp": feed.at}]]], t=feed.at + 1000)
    assert not {"bitrate.s0", "lossIn", "download"} & set(values)
    feed.at += 1000
    assert feed(audio_in(4))["bitrate.s0"] == 40000


def test_packets_lost_may_be_negative() -> None:
    feed = Feeder()
    lost = []
    for second, told in enumerate((0, -3, -1, 2, 1, 4), 1):
        lost.append(feed(audio_in(second, packetsLost=told)).get("lossIn"))
    assert lost == [None, 0, 0, 385, 0, 385], "2 of 52, 2 of 52 in 0.01 %"


def test_retransmissions_are_among_chromiums_packets_received() -> None:
    feed = Feeder()
    for second in (1, 2):
        seen = {"kind": "video", "packetsReceived": 140 * second, "packetsLost": 10 * second}
        values = feed(audio_in(second, retransmittedPacketsReceived=50 * second, **seen))
    assert values["lossIn"] == 1000, "10 of 100, not of 150"
    assert feed.shown[0]["packetRate"] == 9000


@pytest.mark.parametrize("jump", [8 * 3600 * 1000, -3600 * 1000])
def test_a_clock_jumps_after_suspend(jump: int) -> None:
    feed = Feeder()
    for second in (1, 2):
        feed(audio_in(second))
    values = feed(audio_in(3), after=jump)
    assert not {"bitrate.s0", "lossIn", "download"} & set(values)
    values = feed(audio_in(4))
    assert {key: value for key, value in values.items() if key.startswith("bitrate")} in (
        {"bitrate.s0": 40000},
        {"bitrate.s1": 40000},
        {},  # a stream that is gone for half a minute is another: it begins
    )
    assert 40000 in feed(audio_in(5)).values()


def test_a_hole_in_the_timer_is_no_slope() -> None:
    feed = Feeder()
    feed(audio_in(1))
    assert feed(audio_in(6), after=5000)["bitrate.s0"] == 40000
    values = feed(audio_in(46), after=20000)
    assert not {"bitrate.s0", "lossIn", "download"} & set(values), "over 15 s nothing is said"
    assert feed(audio_in(47))["bitrate.s0"] == 40000


def test_layers_of_simulcast_are_summed_and_the_best_is_shown() -> None:
    feed = Feeder()
    for second in (1, 2):
        low = video_out(second, id="q", ssrc=1, rid="q", bytesSent=1000 * second)
        high = video_out(second, id="h", ssrc=2, rid="h", framesSent=30 * second)
        idle = video_out(0, id="f", ssrc=3, rid="f", packetsSent=7, bytesSent=9)
        values = feed(low, high, idle)
    assert values["upload"] == 8 * (1000 + 50000)
    assert values["fpsOut"] == 300
    assert feed.one.state()["media"]["videoOut"] == 2, "a layer that rests is not active"
    assert sorted(stream["rid"] for stream in feed.shown) == ["f", "h", "q"]
    assert feed.pc["sendVideo"] == 8 * (1000 + 50000)


LEAPS = [
    ("candidate-pair", "bytesSent"),
    ("candidate-pair", "bytesReceived"),
    ("candidate-pair", "currentRoundTripTime"),
    ("inbound-rtp", "bytesReceived"),
    ("inbound-rtp", "jitterBufferDelay"),
    ("inbound-rtp", "jitter"),
    ("inbound-rtp", "framesDecoded"),
]


def frozen(period: int, quiet: tuple[int, int], told: float) -> int:
    """ms of frozen video that are told of a call of 60 s, 25 frames a second, looked at every
    `period` s. quiet: from, to (ms): nothing is shown and nothing comes; told: the freeze (s) that
    the browser tells of when it shows something again."""
    feed = Feeder()
    total = 0
    for ms in range(1000 * period, 61_000, 1000 * period):
        shown = ms - max(0, min(ms, quiet[1]) - quiet[0])
        last = ms if not quiet[0] < ms <= quiet[1] else quiet[0]
        after = {"totalFreezesDuration": told if ms > quiet[1] else 0.0}
        size = {"frameWidth": 64, "frameHeight": 36, "framesDecoded": shown // 40}
        one = audio_in(shown / 1000, kind="video", **size, **after)
        one["lastPacketReceivedTimestamp"] = T0 + last
        total += feed(one, after=1000 * period).get("frozen", 0)
    return total


@pytest.mark.parametrize("period", [1, 2, 3, 5])
def test_a_far_ends_pause_is_no_freeze(period: int) -> None:
    """Whatever the browser calls it afterwards; a freeze much longer than the silence is one."""
    assert frozen(period, (20_300, 25_400), 5.15) == 0
    assert frozen(period, (20_300, 21_200), 0.95) == 950, "a jolt of the network"
    assert frozen(1, (20_300, 23_400), 9.0) == 1000, "it had stood still long before"


@pytest.mark.parametrize(("kind", "field"), LEAPS)
def test_more_than_any_network_carries_is_no_value(kind: str, field: str) -> None:
    """A number that leaps by 2^49 in a second: the state stays one that the wire can hold."""
    feed = Feeder()
    for second in (1, 2, 3):
        leap = {field: 2**49 if second == 2 else 10 * second}
        if kind == "candidate-pair":
            one = pair("P", 1000 * second, 1000 * second, selected=True) | leap
        else:
            sort = "video" if field == "framesDecoded" else "audio"
            size = {"frameWidth": 64, "frameHeight": 36} if sort == "video" else {}
            one = audio_in(second, kind=sort, jitterBufferEmittedCount=second, **size) | leap
        values = feed(one)
        assert all(value <= 10**12 for value in values.values()), values
        state.validate(feed.one.state())


def test_several_transports_are_summed() -> None:
    feed = Feeder()
    for second in (1, 2):
        items = []
        for number, rtt in ((1, 0.05), (2, 0.08)):
            pairs = f"P{number}"
            items.append(item("transport", f"T{number}", selectedCandidatePairId=pairs))
            grown = 1000 * number * second
            items.append(pair(pairs, grown, grown, currentRoundTripTime=rtt))
        values = feed(*items)
    assert (values["upload"], values["rtt"]) == (24000, 800)
    assert feed.pc["rttIce"] == 800


def test_of_needs_no_session() -> None:
    """What `analyze` and plug-ins use: the metrics of a stream between any two reports."""
    (old,) = streams(audio_in(1))
    (new,) = streams(audio_in(2) | {"timestamp": T0 + 1000})
    what = sample.between("inbound", "audio", sample.counters(old), sample.counters(new))
    assert metrics.of(new, what)["bitrate"] == 40000
