"""Scores out of calls: the same for every polling period, never better on a worse path."""

from itertools import pairwise
from typing import Any

from calls import Call, parts_of
from callvitals import session, tally
from hypothesis import given, settings
from hypothesis import strategies as st


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


class Lossy(Call):
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
        one = Lossy(share)
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
