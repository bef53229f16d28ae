"""What it costs to tell one from all: a beat for which each of a thousand meetings was spoken in.

In life it is a tenth of them, since pages speak every ten seconds and a beat comes four times a
second. The reference is the same beat without the verdict.
"""

from __future__ import annotations

from typing import Any

from callvitals_server.live import Live

from .report import Figure, timed

MEETINGS = 1000
PEOPLE = "abcd"
REPEATS = 7
T0 = 1_795_448_731_000


class Silent(Live):
    """The live model without a verdict over the meeting."""

    def _judge(self, *_: Any) -> None:
        return


def _state(who: str, sick: bool, labels: bool) -> dict[str, Any]:
    evidence = {"direction": "in", "loss": 812, "packetsLost": 40}
    said = "Losing 8.1 % of incoming packets."
    issue = {"type": "high-loss", "severity": "major", "since": T0, "sentence": said}
    others = [one for one in PEOPLE if one != who]
    return {
        "rating": "poor" if sick else "good",
        "score": 210 if sick else 432,
        "sentence": said if sick else "",
        "issues": {"i0": {**issue, "evidence": evidence}} if sick else {},
        "labels": {f"t-{one}": {"participant": one} for one in others} if labels else {},
    }


def _beats(live: Live, sick: str, labels: bool) -> list[float]:
    """Wall time of each beat, ms; the states come between them."""
    sessions = [
        (live.join(f"{meeting}-{who}", f"m{meeting}", who, who, 65536, T0), who)
        for meeting in range(MEETINGS)
        for who in PEOPLE
    ]
    out = []
    for beat in range(REPEATS + 1):
        # Everyone first; then one of each meeting in turn.
        speakers = sessions if beat == 0 else sessions[beat % len(PEOPLE) :: len(PEOPLE)]
        for session, who in speakers:
            assert live.full(session, beat, _state(who, who in sick, labels), T0 + beat * 1000)
        out.append(timed(live.refresh, T0 + beat * 1000) * 1000)
    return out[1:]


def figures() -> list[Figure]:
    """Milliseconds a beat."""
    reference = Figure(
        "reference: a beat without a verdict, all well", "ms", _beats(Silent(), "", True)
    )
    out = [reference]
    for name, sick, labels in (
        ("all well", "", True),
        ("one of four suffers", "a", True),
        ("all four suffer at once", PEOPLE, False),
        ("all but one suffer, all labelled", "bcd", True),
    ):
        taken = _beats(Live(), sick, labels)
        out.append(Figure(f"1,000 meetings of 4: {name}", "ms", taken, reference.median))
    return out
