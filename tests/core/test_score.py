"""Scores: the standard's points, monotony, the same for every polling period."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from calls import Call
from callvitals import dump, emodel, issue, score, session, tally
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import scorers  # noqa: E402

CAPTURES = ROOT / "tests" / "data" / "captures"
CLEAN = ("chromium-clean", "firefox-clean", "chromium-vs-aiortc-clean", "aiortc-vs-chromium-clean")
IMPAIRED = ("chromium-loss5-delay100", "firefox-loss5-delay100", "chromium-simulcast")


# ---------------------------------------------------------------------------------------------
# the E-model


@pytest.mark.parametrize(
    ("r", "expected"), [(93.2, 4.41), (80, 4.02), (70, 3.60), (60, 3.10), (50, 2.58)]
)
def test_r_to_mos_holds_the_points_of_g107_annex_b(r: float, expected: float) -> None:
    assert abs(emodel.mos(r) - expected) < 0.01


def test_mos_never_falls_with_r() -> None:
    values = [emodel.mos(r / 10) for r in range(-200, 1200)]
    assert values == sorted(values)
    assert min(values) == 1.0
    assert max(values) == 4.5


def test_the_delays_impairment_is_g107s() -> None:
    """The points in the core against the standard's formula, at every millisecond to 10 s."""
    assert abs(scorers.G107_R - emodel.R_MAX) < 0.01
    start = scorers.g107_id(0)
    for ms in range(10001):
        assert abs(emodel.by_delay(ms) - (scorers.g107_id(ms) - start)) < 0.11, ms
    tabled = [round(100 * (scorers.g107_id(ms) - start)) for ms, _points in emodel.ID]
    assert [points for _ms, points in emodel.ID] == tabled


def test_the_delays_impairment_never_falls() -> None:
    values = [emodel.by_delay(ms / 2) for ms in range(25000)]
    assert values == sorted(values)


def test_packets_are_protected_by_fec_and_more_by_red() -> None:
    plain = {"codec": "opus"}
    kinds = [plain, plain | {"fec": True}, plain | {"red": True}]
    harm = [emodel.by_loss(0.05, *[part / 10 for part in emodel.codec(one)]) for one in kinds]
    assert harm[0] > 1.5 * harm[1] > 3 * harm[2] > 0
    assert emodel.codec({"codec": "red"}) == emodel.codec(plain | {"red": True})


def test_codecs_as_g113_has_them() -> None:
    assert emodel.codec({"codec": "PCMU"}) == emodel.codec({"codec": "PCMA"}) == (0, 251)
    assert emodel.codec({"codec": "opus", "targetBitrate": 32000}) == (0, 100)
    assert emodel.codec({"codec": "opus", "targetBitrate": 8000})[0] == 100  # as G.729
    rates = [emodel.codec({"codec": "opus", "targetBitrate": rate})[0] for rate in range(1, 40000)]
    assert rates == sorted(rates, reverse=True)
    assert emodel.codec({"codec": "something-new"}) == emodel.codec({"codec": "opus"})
    assert emodel.codec({}) == emodel.codec({"codec": "opus"})


# ---------------------------------------------------------------------------------------------
# scores out of sums


def test_ratings_follow_the_public_table() -> None:
    table = {None: "unknown", 100: "poor", 309: "poor", 310: "fair", 399: "fair", 400: "good"}
    assert {value: score.rating(value) for value in table} == table


def audio(lost: int = 0, jitter: int = 0, rtt: int = 0, buffer_ms: int = 40) -> dict[str, int]:
    sums = tally.blank()
    sums.update(
        ms=10000,
        audioMs=10_000,
        audioBpl=200 * 10_000,
        audioLost=lost,
        audioExpected=500,
        samples=480_000,
        emitted=480_000,
        buffer=480_000 * buffer_ms * 1000,
        jitterSum=jitter * 500,
        jitterWeight=500,
        rttSum=rtt * 10,
        rttWeight=10,
        lostIn=lost,
        expectedIn=500,
    )
    return sums


def both(lost: int, jitter: int, rtt: int, frozen_ms: int = 0) -> dict[str, int]:
    """All parts at once. lost: of 500 packets; jitter, rtt: 0.1 ms."""
    sums = audio(lost, jitter, rtt)
    sums.update(
        videoMs=300 * 10_000,
        motionMs=300 * 10_000,
        motion=300 * 150,
        videoLost=lost,
        videoExpected=500,
        frozen=300 * frozen_ms,
        videoJitterSum=jitter * 500,
        videoJitterWeight=500,
        audioOutMs=10_000,
        audioOutBpl=200 * 10_000,
        audioOutLost=lost,
        audioOutExpected=500,
        jitterOutSum=jitter * 500,
        jitterOutWeight=500,
        videoOutLost=lost,
        videoOutExpected=500,
        shownMs=300 * 10_000,
        lostOut=lost,
        expectedOut=500,
    )
    return sums


LOST = st.integers(0, 500)
TENTHS = st.integers(0, 50_000)  # 0 to 5 s
MORE = st.integers(0, 20_000)
SHARE = st.integers(0, 10_000)


@settings(max_examples=300, deadline=None)
@given(
    lost=LOST, jitter=TENTHS, rtt=TENTHS, frozen=SHARE, dead=SHARE, concealed=SHARE, limit=SHARE,
    coarse=st.integers(-400, 2500), more=MORE,
)  # fmt: skip
def test_more_trouble_never_raises_any_part(
    lost: int, jitter: int, rtt: int, frozen: int, dead: int, concealed: int, limit: int,
    coarse: int, more: int,
) -> None:  # fmt: skip
    def at(**changed: int) -> dict[str, int]:
        now = {"lost": lost, "jitter": jitter, "rtt": rtt, "frozen_ms": frozen}
        now.update({name: changed.pop(name) for name in tuple(changed) if name in now})
        sums = both(**now) | {"dead": dead, "concealed": 48 * concealed}
        sums.update(limitMs=10_000, cpuMs=limit // 2, bandwidthMs=limit - limit // 2)
        sums.update(sizeAsked=4000, sizeSent=1000, quantized=coarse * 300, quantizedFrames=300)
        sums.update(quantizedOut=coarse * 300, quantizedOutFrames=300)
        return sums | changed

    value, _reasons, parts = score.score(at())
    assert value == min(part["score"] for name, part in parts.items() if name != "network")
    assert set(parts) == {"audioIn", "audioOut", "videoIn", "videoOut", "network"}
    for part in parts.values():
        assert 100 <= part["score"] <= 450
    for worse in (
        at(lost=min(500, lost + more % 500)),
        at(jitter=jitter + more),
        at(rtt=rtt + more),
        at(frozen_ms=min(10_000, frozen + more)),
        at(dead=min(10_000, dead + more)),
        at(concealed=48 * min(10_000, concealed + more)),
        at(synthesized=min(10_000, more), playoutUs=10_000),
        at(corrupted=more, corruptedCount=1),
        at(cpuMs=limit // 2 + (10_000 - limit) // 2),
        at(quantized=(coarse + more) * 300),
        at(quantizedOut=(coarse + more) * 300),
    ):
        after, _reasons, now = score.score(worse)
        assert after is not None
        assert after <= value
        for name, part in parts.items():
            assert now[name]["score"] <= part["score"], name


def test_every_part_feels_loss_and_delay() -> None:
    """A scorer that ignores its input would be monotone too."""
    calm = score.score(both(0, 10, 300))[2]
    lossy = score.score(both(75, 10, 300))[2]
    slow = score.score(both(0, 10, 12000))[2]
    for name, part in calm.items():
        assert part["score"] >= 400, name
        assert part["score"] - lossy[name]["score"] >= 50, name
        assert part["score"] - slow[name]["score"] >= 30, name


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 400), st.integers(0, 2000), st.integers(0, 30_000), st.integers(0, 10_000),
    st.integers(0, 10_000), st.integers(0, 150),
)  # fmt: skip
def test_a_score_that_is_not_good_says_why(
    lost: int, jitter: int, rtt: int, frozen_ms: int, dead: int, frames: int
) -> None:
    sums = both(lost, jitter, rtt, frozen_ms) | {"dead": dead, "motion": 300 * frames}
    value, reasons, parts = score.score(sums)
    assert set(reasons) <= set(issue.CAUSES)
    assert all(points > 0 for points in reasons.values())
    for name, part in parts.items():
        best = 441 if name.startswith("audio") else 450
        assert sum(part.values()) == best, "points lost by cause add up to what is missing"
    said = issue.blame(reasons)
    if score.rating(value) in ("fair", "poor"):
        assert said.startswith("Quality suffers from ")


def test_reasons_tell_loss_from_concealment_and_delay_from_jitter() -> None:
    lossy = score.score(audio(lost=25, rtt=3000))[1]
    assert lossy["loss"] > lossy["delay"] > 0
    assert "concealment" not in lossy
    late = score.score(audio(rtt=1000, buffer_ms=400) | {"concealed": 20_000})[1]
    assert late["concealment"] > 0
    assert late["jitter"] > late["delay"] > 0
    assert "loss" not in late


def test_an_outage_counts_though_no_packet_is_counted_lost() -> None:
    sums = audio()
    calm = score.score(sums)[0]
    sums["dead"] = 5000
    value, reasons, _parts = score.score(sums)
    assert calm is not None
    assert value is not None
    assert value < 200 < calm
    assert max(reasons, key=lambda name: reasons[name]) == "outage"


def test_no_media_no_score() -> None:
    assert score.score(tally.blank()) == (None, {}, {})
    assert score.score(tally.blank() | {"rttSum": 5, "rttWeight": 5}) == (None, {}, {})


def test_the_dearest_cause_is_named_first() -> None:
    assert issue.blame({}) == ""
    assert issue.blame({"loss": 10, "delay": 70}) == "Quality suffers from a long delay."
    both_told = "Quality suffers from lost incoming packets and a long delay."
    assert issue.blame({"loss": 90, "delay": 45, "frozen": 40}) == both_told


# ---------------------------------------------------------------------------------------------
# scores out of calls


def test_the_state_says_why_where_no_issue_is_open() -> None:
    call = Call()
    call.round_trip = 1.2
    one = session.Session()
    for _ in range(15):
        call.run(1000)
        one.feed(call.entry())
    state = one.state()
    assert state["rating"] == "poor"
    assert state["reasons"]["delay"] > 100
    assert state["parts"]["network"]["score"] < 310
    if not state["issues"]:
        assert state["sentence"] == "Quality suffers from a long delay."


PLAN = st.lists(st.sampled_from([0.0, 0.0, 0.02, 0.1, 0.3]), min_size=30, max_size=30)


@settings(max_examples=12, deadline=None)
@given(plan=PLAN, rtt=st.floats(0.0, 1.5), jitter=st.floats(0.0, 0.2))
def test_the_polling_period_does_not_matter(plan: list[float], rtt: float, jitter: float) -> None:
    """One call, looked at every 1, 2 and 5 s: where all three look, they say the same."""
    call = Call()
    call.round_trip = rtt
    call.jitter = jitter
    sessions = {period: session.Session() for period in (1, 2, 5)}
    for second, loss in enumerate(plan, start=1):
        call.loss = loss
        call.run(1000)
        seen = []
        for period, one in sessions.items():
            if second % period == 0:
                one.feed(call.entry())
                seen.append(one.state())
        if second % 10 == 0 and second > 15:
            scores = [state["score"] for state in seen]
            assert len(scores) == 3
            assert max(scores) - min(scores) <= 1
            assert [state["parts"] for state in seen] == [seen[0]["parts"]] * 3


class Path(Call):
    """A video call over a path that loses a share of all packets and does what loss does: frames
    need all their packets, gaps in the sound are concealed, stills are told as freezes."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def report(self) -> list[dict[str, Any]]:
        out = super().report()
        kept = 1 - self.share
        for item in out:
            if item["type"] == "inbound-rtp":
                sent = self.sent[item["kind"]]
                came = int(sent * kept)
                item |= {"packetsReceived": came, "packetsLost": sent - came}
                item["bytesReceived"] = came * 400
            if item["id"] == "Iaudio":
                item["concealedSamples"] = int(self.samples * self.share)
                item["silentConcealedSamples"] = 0
            if item["id"] == "Ivideo":
                item["framesDecoded"] = int(self.ms * 25 / 1000 * kept**4)
                item["totalFreezesDuration"] = self.ms / 1000 * (1 - kept**4) ** 8
            if item["type"] == "remote-inbound-rtp":
                item["packetsLost"] = int(self.sent[item["kind"]] * self.share)
        return out


@settings(max_examples=12, deadline=None)
@given(
    shares=st.lists(st.floats(0, 0.99), min_size=2, max_size=4), rtt=st.floats(0, 1),
    more_rtt=st.floats(0, 1), more_jitter=st.floats(0, 0.5),
)  # fmt: skip
def test_a_worse_path_never_scores_better(
    shares: list[float], rtt: float, more_rtt: float, more_jitter: float
) -> None:
    """The same through the Session, where loss takes frames and bytes with it."""

    def call(share: float, rtt: float = rtt, jitter: float = 0.002) -> dict[str, Any]:
        one = Path(share)
        one.round_trip = rtt
        one.jitter = jitter
        return parts_of(one, 12)

    def worse(now: dict[str, Any], before: dict[str, Any]) -> None:
        assert len(before) == 5
        for name, part in before.items():
            assert now[name]["score"] <= part["score"] + 1, name  # packets are whole

    calls = [call(share) for share in sorted(shares)]
    for before, now in pairwise(calls):
        worse(now, before)
    worse(call(min(shares), rtt + more_rtt), calls[0])
    worse(call(min(shares), rtt, 0.002 + more_jitter), calls[0])


def test_a_late_timer_does_not_matter_either() -> None:
    """A steady call looked at in uneven steps scores what it scores in even ones."""
    call = Call()
    call.loss = 0.05
    one = session.Session()
    scores = set()
    for step in (1000, 1400, 700, 3600, 900, 2300, 4100, 500, 6100) * 5:
        call.run(step)
        one.feed(call.entry())
        scores.add(one.state().get("score"))
    scores -= {None}
    assert max(scores) - min(scores) <= 12, scores  # packets are whole


def test_hasty_ticks_share_entries_and_say_the_same() -> None:
    call = Call(video=False, sends_video=False)
    call.loss = 0.1
    hasty, calm = session.Session(), session.Session()
    for tenth in range(1, 251):
        call.run(100)
        hasty.feed(call.entry())
        if tenth % 10 == 0:
            calm.feed(call.entry())
    window = hasty.state()["parts"], calm.state()["parts"]
    assert window[0] == window[1]
    entries: list[Any] = []
    for t in range(0, 60_000, 20):
        entries = tally.push(entries, t, tally.blank() | {"ms": 20})
    assert len(entries) <= tally.MAX_ENTRIES
    assert tally.total(entries, t)["ms"] == 10_000


def test_silence_and_dtx_are_no_fault_of_the_codec() -> None:
    def heard(**changed: Any) -> dict[str, int]:
        class Quiet(Call):
            def report(self) -> list[dict[str, Any]]:
                out = super().report()
                for item in out:
                    if item["id"] in ("Iaudio", "Oaudio"):
                        item |= {"codecId": "C2"} | changed
                line = "minptime=10;useinbandfec=1;usedtx=1"
                codec = {"id": "C2", "type": "codec", "timestamp": self.t, "sdpFmtpLine": line}
                return [*out, codec | {"mimeType": "audio/opus"}]

        parts = parts_of(Quiet())
        return {name: parts[name]["score"] for name in ("audioIn", "audioOut")}

    usual = heard()
    assert heard(bytesReceived=0, bytesSent=0) == usual
    starved = heard(targetBitrate=8000)
    assert starved["audioIn"] == usual["audioIn"] > 430
    assert starved["audioOut"] < usual["audioOut"] - 10


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


def parts_of(call: Call, seconds: int = 15) -> dict[str, Any]:
    one = session.Session()
    for _ in range(seconds):
        call.run(1000)
        one.feed(call.entry())
    parts: dict[str, Any] = one.state()["parts"]
    return parts


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


# ---------------------------------------------------------------------------------------------
# captures


def scores_of(name: str) -> list[int]:
    one = session.Session()
    rows = [one.feed(entry) for entry in dump.read(str(CAPTURES / f"{name}.jsonl.gz"))]
    return [row["values"]["score"] for row in rows if "score" in row["values"]]


def test_clean_captures_are_good_and_impaired_ones_lower() -> None:
    clean = {name: scores_of(name) for name in CLEAN}
    for name, scores in clean.items():
        assert len(scores) > 40, name
        assert min(scores) >= 400, name
    lowest = min(sorted(scores)[len(scores) // 2] for scores in clean.values())
    for name in IMPAIRED:
        scores = sorted(scores_of(name))
        assert scores[len(scores) // 2] < min(400, lowest), name
    narrow = sorted(scores_of("chromium-bw250"))
    assert narrow[len(narrow) // 2] < sorted(clean["chromium-clean"])[len(clean) // 2]
