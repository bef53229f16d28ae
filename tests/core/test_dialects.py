"""What each browser says otherwise, and what calls do to counters: a named test for each."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from callvitals import dump, metrics, report, sample, session

DATA = Path(__file__).parents[1] / "data" / "captures"
T0 = 1795448731544
Item = dict[str, Any]


def item(type_name: str, ident: str, **fields: Any) -> Item:
    return {"type": type_name, "id": ident, "timestamp": T0, **fields}


def streams(*items: Item) -> list[dict[str, Any]]:
    return list(report.read(list(items))["streams"])


class Feeder:
    """A Session fed with one connection's reports, watched; `at` is the time of the next."""

    def __init__(self) -> None:
        self.one = session.Session()
        self.tick = -1
        self.at = T0

    def __call__(self, *items: Item, after: int = 1000, **other: Any) -> dict[str, int]:
        """Time goes on by `after` ms, the items are reported at that time; the row's values."""
        self.at += after
        for one in items:
            if one["timestamp"] == T0:
                one["timestamp"] = self.at
        return self.entry([["0", list(items)]], **other)

    def entry(self, reports: Any, t: int | None = None) -> dict[str, int]:
        self.tick += 1
        entry = {"tick": self.tick, "t": self.at if t is None else t, "reports": reports}
        entry["events"] = [{"type": "watch", "on": True}] if self.tick == 0 else []
        values: dict[str, int] = self.one.feed(entry)["values"]
        return values

    @property
    def shown(self) -> list[dict[str, Any]]:
        several = self.one.state()["streams"]
        return [several[key] for key in sorted(several, key=lambda key: int(key[1:]))]

    @property
    def pc(self) -> dict[str, Any]:
        return dict(self.one.state()["pcs"]["c0"])


def audio_in(seconds: float, **other: Any) -> Item:
    """An inbound audio stream after so many seconds: 50 packets and 5,000 bytes in each."""
    return item(
        "inbound-rtp",
        "IA",
        **{
            "kind": "audio",
            "ssrc": 11,
            "packetsReceived": int(50 * seconds),
            "packetsLost": 0,
            "bytesReceived": int(5000 * seconds),
            **other,
        },
    )


def video_out(seconds: float, **other: Any) -> Item:
    """An outbound video stream: 100 packets, 50,000 bytes and 25 frames a second."""
    return item(
        "outbound-rtp",
        "OV",
        **{
            "kind": "video",
            "ssrc": 22,
            "packetsSent": int(100 * seconds),
            "bytesSent": int(50000 * seconds),
            "framesSent": int(25 * seconds),
            **other,
        },
    )


def pair(ident: str, sent: int, received: int, **other: Any) -> Item:
    return item("candidate-pair", ident, bytesSent=sent, bytesReceived=received, **other)


# ---------------------------------------------------------------------------------------------
# Firefox


def test_firefox_before_153_has_no_transports_and_selects_pairs() -> None:
    feed = Feeder()
    candidates = (
        item("local-candidate", "L", candidateType="relay", relayProtocol="tls", protocol="udp"),
        item("remote-candidate", "R", candidateType="srflx", protocol="udp"),
    )
    ends = {"localCandidateId": "L", "remoteCandidateId": "R", "currentRoundTripTime": 0.02}
    for second in (1, 2):
        old = pair("old", 9 * 10**6, 9 * 10**6, nominated=True, state="succeeded", selected=False)
        used = pair("used", 1000 * second, 2000 * second, selected=True, state="succeeded", **ends)
        values = feed(old, used, *candidates)
    assert (values["upload"], values["download"], values["rtt"]) == (8000, 16000, 200)
    assert feed.pc["path"] == "turn-tls"
    assert (feed.pc["local"], feed.pc["remote"]) == ("relay", "srflx")


def test_firefox_153_has_transports() -> None:
    feed = Feeder()
    for second in (1, 2):
        transport = item("transport", "T", selectedCandidatePairId="used")
        other = pair("other", 9 * 10**6 * second, 0, selected=True)
        values = feed(transport, pair("used", 1000 * second, 2000 * second), other)
    assert (values["upload"], values["download"]) == (8000, 16000)


def test_firefox_names_no_source_of_a_stream() -> None:
    source = item("media-source", "{x}", kind="video", frames=7, trackIdentifier="{abc}")
    (stream,) = streams(video_out(1), source)
    assert stream["source"]["frames"] == 7
    assert stream["trackIdentifier"] == "abc"
    second = item("media-source", "{y}", kind="video", frames=9)
    (stream,) = streams(video_out(1), source, second)
    assert "source" not in stream, "which of the two it is cannot be known"
    two = streams(video_out(1), video_out(1, id="OV2", ssrc=23), source)
    assert all("source" not in stream for stream in two)


def test_firefox_puts_track_ids_in_braces() -> None:
    feed = Feeder()
    feed.entry([])
    feed.one.feed(
        {"tick": 1, "t": T0, "events": [{"type": "label", "track": "{a-b}", "participant": "Ann"}]}
    )
    feed.tick = 1
    feed(audio_in(1, trackIdentifier="{a-b}"))
    feed(audio_in(2, trackIdentifier="{a-b}"))
    assert (feed.shown[0]["track"], feed.shown[0]["participant"]) == ("a-b", "Ann")


def test_firefox_spells_discarded_packets_otherwise() -> None:
    (stream,) = streams(audio_in(1, discardedPackets=3))
    assert stream["packetsDiscarded"] == 3
    (stream,) = streams(audio_in(1, discardedPackets=3, packetsDiscarded=4))
    assert stream["packetsDiscarded"] == 4


@pytest.mark.parametrize(
    ("told", "meant"), [("inprogress", "in-progress"), ("cancelled", "failed")]
)
def test_firefox_has_words_of_its_own_for_states(told: str, meant: str) -> None:
    view = report.read([pair("P", 1, 1, state=told, selected=True)])
    assert view["pairs"]["P"]["state"] == meant


# ---------------------------------------------------------------------------------------------
# Safari


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"mediaType": "video"}, "video"),
        ({"codecId": "C"}, "audio"),
        ({"id": "RTCInboundRTPVideoStream_12"}, "video"),
        ({"id": "IT01A12"}, "audio"),
        ({"id": "ROA12"}, "audio"),
        ({"id": "3f9a"}, None),
        ({"id": "ITALY"}, None),
    ],
)
def test_safari_tells_no_kind(change: Item, kind: str | None) -> None:
    codec = item("codec", "C", mimeType="audio/opus")
    bare = audio_in(1, **change)
    del bare["kind"]
    view = report.read([bare, codec])
    assert [stream["kind"] for stream in view["streams"]] == ([kind] if kind else [])
    assert view["nonsense"] == (0 if kind else 1)


def test_safari_16_4_has_no_remote_id() -> None:
    far = item("remote-inbound-rtp", "R", localId="OV", ssrc=22, roundTripTime=0.1)
    (stream,) = streams(video_out(1), far)
    assert stream["remote"]["roundTripTime"] == 1000
    del far["localId"]
    (stream,) = streams(video_out(1), far)
    assert stream["remote"]["roundTripTime"] == 1000, "by the SSRC"
    far["ssrc"] = 99
    (stream,) = streams(video_out(1), far)
    assert "remote" not in stream


def test_safari_nulls_addresses_and_times_it_does_not_know() -> None:
    local = item("local-candidate", "L", candidateType="host", address=None, port=9, url=None)
    view = report.read([local, pair("P", 1, 1, localCandidateId="L", currentRoundTripTime=None)])
    assert view["nonsense"] == 0


def test_old_safari_keeps_pictures_and_freezes_with_the_track() -> None:
    track = item("track", "RTCMediaStreamTrack_receiver_3", trackIdentifier="t", frameWidth=640)
    track |= {"frameHeight": 360, "totalFreezesDuration": 0.5, "freezeCount": 2, "framesDropped": 3}
    stream = audio_in(1, id="RTCInboundRTPVideoStream_5", kind="video", trackId=track["id"])
    (read,) = streams(stream, track)
    assert (read["frameWidth"], read["totalFreezesDuration"]) == (640, 500_000)
    assert (read["freezeCount"], read["framesDropped"], read["trackIdentifier"]) == (2, 3, "t")


def test_chromium_before_112_keeps_sound_with_the_track() -> None:
    track = item("track", "T", totalSamplesReceived=48000, concealedSamples=480)
    track |= {"jitterBufferDelay": 1.5, "jitterBufferEmittedCount": 900}
    (read,) = streams(audio_in(1, trackId="T", concealedSamples=481), track)
    assert read["concealedSamples"] == 481, "the stream's own goes first"
    assert (read["totalSamplesReceived"], read["jitterBufferDelay"]) == (48000, 1_500_000)


# ---------------------------------------------------------------------------------------------
# aiortc


def aiortc(type_name: str, number: int, **fields: Any) -> Item:
    return item(type_name, f"{type_name}_{number}", **fields)


def test_aiortc_tells_jitter_in_clock_units_and_loss_in_256ths() -> None:
    near = aiortc("inbound-rtp", 5, kind="audio", ssrc=1, packetsReceived=9, jitter=480)
    picture = aiortc("inbound-rtp", 6, kind="video", ssrc=2, packetsReceived=9, jitter=900)
    sent = aiortc("outbound-rtp", 7, kind="audio", ssrc=3, packetsSent=9, bytesSent=9)
    far = aiortc("remote-inbound-rtp", 7, kind="audio", ssrc=77, fractionLost=64, jitter=48)
    jitters = [stream.get("jitter") for stream in streams(near, picture, sent, far)]
    assert jitters == [100, 100, None], "10 ms each"
    outbound = streams(near, picture, sent, far)[2]
    assert outbound["remote"]["jitter"] == 10
    assert outbound["remote"]["fractionLost"] == 250, "a quarter"


def test_aiortc_tells_the_reporters_ssrc() -> None:
    """remote-inbound-rtp carries the SSRC of who reports: it must not be taken for the stream's."""
    sent = aiortc("outbound-rtp", 7, kind="audio", ssrc=3, packetsSent=9, bytesSent=9)
    other = aiortc("outbound-rtp", 8, kind="video", ssrc=4, packetsSent=9, bytesSent=9)
    far = aiortc("remote-inbound-rtp", 7, kind="audio", ssrc=4, roundTripTime=0.1, fractionLost=0)
    first, second = streams(sent, other, far)
    assert first["remote"]["roundTripTime"] == 1000
    assert "remote" not in second


def test_aiortc_has_one_id_for_several_ssrcs() -> None:
    media = aiortc("inbound-rtp", 6, kind="video", ssrc=2, packetsReceived=9)
    rtx = aiortc("inbound-rtp", 6, kind="video", ssrc=3, packetsReceived=4)
    far = aiortc("remote-outbound-rtp", 6, kind="video", ssrc=2, packetsSent=10)
    found = {stream["ssrc"]: stream.get("remote", {}) for stream in streams(media, rtx, far)}
    assert set(found) == {2, 3}
    assert found[2]["packetsSent"] == 10
    assert found[3] == {}


def test_aiortc_has_datetimes() -> None:
    stamp = datetime.fromtimestamp(T0 / 1000, UTC)
    near = aiortc("inbound-rtp", 5, kind="audio", ssrc=1, packetsReceived=9)
    (stream,) = streams(near | {"timestamp": stamp})
    assert stream["timestamp"] == T0 * 1000


# ---------------------------------------------------------------------------------------------
# what calls do


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


# ---------------------------------------------------------------------------------------------
# packets lost that packetsLost leaves out


def untold(received: Callable[[int], int], sent: Callable[[int], int], step: int = 1) -> int:
    """The estimate after 60 s of a stream with a sender report every 5 s."""
    memory: dict[str, Any] = {"rtcp": None, "ahead": 0, "full": False}
    slots = None
    came = 0
    for second in range(0, 61, step):
        if second - came >= 5 and received(second) > received(second - 1):
            came = second
        far = {"timestamp": came * 1_000_000, "packetsSent": sent(came)}
        stream = {"direction": "inbound", "kind": "audio", "timestamp": second * 1_000_000}
        stream |= {"packetsReceived": received(second), "packetsLost": 0, "remote": far}
        slots = sample.follow(stream, slots, memory)
    assert slots is not None
    return int(slots[sample.UNTOLD])


def flow(second: int) -> int:
    return 50 * second


def cut(second: int) -> int:
    """Nothing comes from 20 s to 28 s."""
    return 50 * (second if second < 20 else max(20, second - 8))


@pytest.mark.parametrize("step", [1, 2, 5])
def test_an_outages_losses_are_estimated(step: int) -> None:
    assert abs(untold(cut, flow, step) - 400) <= 40


@pytest.mark.parametrize(
    ("received", "sent"),
    [
        (flow, flow),
        (lambda s: 50 * s - s % 3, flow),  # reordering
        (lambda s: min(50 * s, 1000), lambda s: min(50 * s, 1000)),  # muted
        (lambda s: 0, flow),  # a layer that is not meant for us
        (lambda s: 50 * s + 300, flow),  # joined late, or a server that counts anew
        (flow, lambda s: 50 * s if s < 30 else 50 * (s - 30)),  # the sender began anew
    ],
)
def test_no_loss_is_made_up(received: Callable[[int], int], sent: Callable[[int], int]) -> None:
    assert untold(received, sent) == 0


# ---------------------------------------------------------------------------------------------
# real recordings of old browsers


SANE = {
    "bitrate": 20_000_000,
    "upload": 20_000_000,
    "download": 40_000_000,
    "rtt": 20_000,
    "jitter": 10_000,
    "jitterBuffer": 20_000,
    "fps": 700,
    "sourceFps": 700,
    "fpsIn": 700,
    "fpsOut": 700,
    "qp": 1270,
    "decodeTime": 10_000,
    "encodeTime": 10_000,
}
PUBLIC = {
    "chrome-2020-sfu": {"download", "rtt", "jitter", "fpsIn", "fpsOut", "decodeTime", "qp"},
    "chrome99-pc-reconnect": {"upload", "rtt"},
    "firefox81-sfu": {"upload", "download", "rtt", "jitter", "fpsIn", "lossIn"},
    "safari-2020-sfu": {"upload", "download", "rtt", "jitter", "fpsIn", "frozen", "decodeTime"},
}


@pytest.mark.parametrize("name", PUBLIC)
def test_old_recordings_give_sane_numbers(name: str) -> None:
    one = session.Session()
    told = set()
    for entry in dump.read(str(DATA / "public" / f"{name}.jsonl.gz")):
        if entry["tick"] == 0:
            entry["events"] = [{"type": "watch", "on": True}]
        for key, value in one.feed(entry)["values"].items():
            series = key.split(".")[0]
            told.add(series)
            assert 0 <= value <= SANE.get(series, 10**7), key
    assert PUBLIC[name] - told == set()
    assert one.state()["counts"]["nonsense"] <= 40


def test_of_needs_no_session() -> None:
    """What `analyze` and plug-ins use: the metrics of a stream between any two reports."""
    (old,) = streams(audio_in(1))
    (new,) = streams(audio_in(2) | {"timestamp": T0 + 1000})
    what = sample.between("inbound", "audio", sample.counters(old), sample.counters(new))
    assert metrics.of(new, what)["bitrate"] == 40000
