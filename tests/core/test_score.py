"""Scores out of sums: monotone, in range, with reasons that add up; clean captures are good."""

from pathlib import Path

from callvitals import dump, emodel, issue, score, session, tally
from hypothesis import given, settings
from hypothesis import strategies as st

CAPTURES = Path(__file__).parents[1] / "data" / "captures"
CLEAN = ("chromium-clean", "firefox-clean", "chromium-vs-aiortc-clean", "aiortc-vs-chromium-clean")
IMPAIRED = ("chromium-loss5-delay100", "firefox-loss5-delay100", "chromium-simulcast")


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


def test_the_delay_is_from_mouth_to_ear() -> None:
    """Half the round trip, the jitter buffer, the device, and 26.5 ms of the codec's."""
    sums = audio(rtt=6000, buffer_ms=90)
    sums.update(playoutDelay=480_000 * 30_000, playoutSamples=480_000)
    sums.update(audioOutMs=10_000, audioOutBpl=200 * 10_000, audioOutExpected=500)
    _value, _reasons, parts = score.score(sums)
    for name, ms in (("audioIn", 300 + 90 + 30 + 26.5), ("audioOut", 300 + 40 + 26.5)):
        r = emodel.R_MAX - emodel.by_delay(ms)
        assert parts[name]["score"] == round(100 * emodel.mos(r)), name
    assert parts["audioIn"]["jitter"] > 0, "what the buffer holds above 40 ms"
    assert "jitter" not in parts["audioOut"]


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
