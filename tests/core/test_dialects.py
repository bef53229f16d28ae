"""What each browser says otherwise than W3C: a named test for each."""

from datetime import UTC, datetime
from typing import Any

import pytest
from callvitals import report
from feeder import T0, Feeder, Item, audio_in, item, pair, streams, video_out

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


def test_chromium_86_tells_packet_times_since_the_machine_booted() -> None:
    """Seconds of another clock: no age is made of them, and media that flows is no outage."""
    feed = Feeder()
    for second in range(1, 20):
        booted = {"lastPacketReceivedTimestamp": 276603.6 + second}
        used = pair("P", 1000 * second, 6000 * second, selected=True, state="in-progress")
        feed(audio_in(second, **booted), used | booted, after=2000)
        assert feed.one.state()["issues"] == {}
        assert "packetAge" not in feed.shown[0]
    (stream,) = streams(audio_in(1, lastPacketReceivedTimestamp=T0 - 40))
    assert stream["lastPacketReceivedTimestamp"] == (T0 - 40) * 1000


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
