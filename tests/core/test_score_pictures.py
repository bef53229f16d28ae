"""What pictures cost: size, frames, layers, screens, coarseness."""

from typing import Any

from calls import Call, parts_of
from callvitals import session


def video_call(**changed: Any) -> Call:
    """A call whose reports have the given members in every video stream."""

    class Changed(Call):
        def report(self) -> list[dict[str, Any]]:
            out = super().report()
            for item in out:
                if item.get("kind") == "video" and item["type"] != "remote-inbound-rtp":
                    for name, value in changed.items():
                        item[name] = value(self) if callable(value) else value
            out.append({"id": "C1", "type": "codec", "timestamp": self.t, "mimeType": "video/VP8"})
            source = {"id": "S1", "type": "media-source", "kind": "video", "timestamp": self.t}
            source |= {"width": 1280, "height": 720, "frames": self.ms * 25 // 1000}
            return [*out, source]

    return Changed()


SIZE = {"frameWidth": 640, "frameHeight": 360, "codecId": "C1", "mediaSourceId": "S1"}


def sent(**more: Any) -> dict[str, Any]:
    return SIZE | {"framesSent": lambda call: call.ms * 25 // 1000} | more


def limits(cause: str) -> dict[str, Any]:
    return {
        f"qualityLimitationDurations.{name}": (
            (lambda call: call.ms / 1000) if name == cause else 0
        )
        for name in ("none", "cpu", "bandwidth", "other")
    }


def test_a_smaller_picture_costs_only_where_the_browser_was_limited() -> None:
    free = parts_of(video_call(**sent(), **limits("none")))["videoOut"]
    narrow = parts_of(video_call(**sent(), **limits("bandwidth")))["videoOut"]
    slow = parts_of(video_call(**sent(), **limits("cpu")))["videoOut"]
    untold = parts_of(video_call(**sent()))["videoOut"]
    assert free["score"] == untold["score"] > 440
    assert narrow["score"] == slow["score"] < 400
    assert narrow["bandwidth"] == slow["cpu"] > 50


def test_frames_that_the_encoder_drops_cost() -> None:
    few = sent(framesSent=lambda call: call.ms * 6 // 1000)
    part = parts_of(video_call(**few, **limits("cpu")))["videoOut"]
    assert part["score"] < 390
    assert part["cpu"] > 90
    unnamed = parts_of(video_call(**few))["videoOut"]
    assert unnamed["frameRateOut"] > 40


def test_of_several_layers_the_highest_is_scored() -> None:
    class Layers(Call):
        def report(self) -> list[dict[str, Any]]:
            out = super().report()
            top = next(item for item in out if item["id"] == "Ovideo")
            top |= sent() | {"frameWidth": 1280, "frameHeight": 720, "rid": "f", "active": True}
            top |= {"framesSent": self.ms * 25 // 1000, "qualityLimitationDurations.cpu": 0}
            top["bytesSent"] = self.ms * 250
            low = top | {"id": "Olow", "ssrc": 23, "rid": "q", "remoteId": "none"}
            low |= {"frameWidth": 160, "frameHeight": 90, "framesSent": self.ms * 5 // 1000}
            source = {"id": "S1", "type": "media-source", "kind": "video", "timestamp": self.t}
            source |= {"width": 1280, "height": 720, "frames": self.ms * 25 // 1000}
            if self.starved:
                for name in ("packetsSent", "bytesSent", "framesSent"):
                    top[name] = 0
                del top["frameWidth"], top["frameHeight"]
            return [*out, low, source]

        starved = False

    assert parts_of(Layers())["videoOut"]["score"] > 440
    starved = Layers()
    starved.starved = True
    part = parts_of(starved)["videoOut"]
    assert part["bandwidth"] > 80, "the highest layer is on and nothing of it leaves"


def test_a_shared_screen_may_stand_still() -> None:
    slides = {"framesDecoded": lambda call: call.ms // 2000, "frameWidth": 1920}
    slides |= {"frameHeight": 1080, "totalFreezesDuration": lambda call: call.ms / 4000}
    moving = parts_of(video_call(**slides))["videoIn"]
    assert moving["score"] < 310
    assert moving["frozen"] > 100
    told = parts_of(video_call(**slides, contentType="screenshare"))["videoIn"]
    labelled = video_call(**slides, trackIdentifier="T7")
    one = session.Session()
    label = {"type": "label", "track": "T7", "source": "screen"}
    for tick in range(15):
        labelled.run(1000)
        one.feed(labelled.entry(*([label] if tick == 0 else [])))
    for part in (told, one.state()["parts"]["videoIn"]):
        assert part["score"] > 440, part


def test_black_frames_of_a_camera_that_is_off_cost_nothing() -> None:
    black = {"framesDecoded": lambda call: call.ms // 1000}
    black |= {"bytesReceived": lambda call: call.ms * 300 // 1000}
    assert parts_of(video_call(**black))["videoIn"]["score"] > 440


def test_the_quantizer_tells_a_coarse_picture_and_few_bits_alone_do_not() -> None:
    def seen(qp: int | None, bytes_a_second: int) -> dict[str, int]:
        more = SIZE | {"bytesReceived": lambda call: call.ms * bytes_a_second // 1000}
        if qp is not None:
            more["qpSum"] = lambda call: call.frames * qp
        part: dict[str, int] = parts_of(video_call(**more))["videoIn"]
        return part

    assert "picture" not in seen(20, 2000), "simple content needs few bits"
    assert seen(62, 100_000)["picture"] == 20
    assert seen(95, 100_000)["picture"] == 80
    assert seen(127, 100_000)["picture"] > 140
    assert seen(None, 2000)["picture"] == 30
    assert seen(None, 2000)["score"] >= 400
    assert "picture" not in seen(None, 200_000)


def test_few_bits_cost_in_full_where_the_sender_is_limited() -> None:
    thin = sent(frameWidth=1280, frameHeight=720, bytesSent=lambda call: call.ms * 4000 // 1000)
    free = parts_of(video_call(**thin, **limits("none")))["videoOut"]
    narrow = parts_of(video_call(**thin, **limits("bandwidth")))["videoOut"]
    assert free["score"] >= 400
    assert narrow["bandwidth"] > 150
