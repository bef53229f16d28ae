"""docs/accuracy.md, out of the recorded calls and the truth of the wire beside them.

python scripts/gen-accuracy.py > docs/accuracy.md
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "worker")]

if TYPE_CHECKING:
    from tests.lab.accuracy import Call, End, Heard, Problem

HEAD = """# Accuracy

<!-- Made by `python scripts/gen-accuracy.py > docs/accuracy.md`. -->

What callvitals says of real calls, beside what the wire did. The calls were recorded between
two network namespaces whose link is a program of ours (`python -m tests.lab.relay --help`): it
drops, delays and counts every packet, per RTP stream, and is not seen by the browsers. A is the
end that offered. Reports were taken once a second; so was the relay's account, and where
packets still got lost at the end, the wire is given as a range. How the calls were made:
`python -m tests.lab.record --help` and the README of `tests/data/captures`.

The tests hold what stands here: `tests/lab/test_accuracy.py` for the recorded calls,
`tests/lab/test_live.py` for a live one with the whole product in it.
"""

LOST = """
## Packets lost

Incoming streams. Each is off the wire by one packet at most, whatever the loss: random, in
bursts, by a full queue, with reordering, or across an ICE restart. *Highest* is
the most that the browser said during the call: packets that came late after all are taken off again
(RFC 3550, appendix A.3), and packets that came twice may take it below zero; ours never is. Firefox
alone counts some packets as lost at an ICE restart (`firefox-events`) that the wire delivered.

"""

SHARE = """
## Share lost

What should have come is what came, *without retransmissions*, plus what was lost. Chromium
counts retransmitted video packets as received, so the usual `lost / (received + lost)` says too
little.

"""

KINDS = (("outage", "down"), ("high-loss", "loss"), ("high-rtt", "delay"))
# What the link must do for it: see high-loss, high-rtt (ms, one way).
LEAST: dict[str, float] = {"down": 1, "loss": 0.03, "delay": 200}

OUTAGE = """
## Outages

While nothing passes, `packetsLost` is no measure: Chromium's sound counts **nothing** as lost
(a jump of the sequence numbers is taken as a new beginning, RFC 3550, appendix A.1), and its
pictures count packets that never reached the wire. *Never came* is what the two recorded ends
say together: sent by the one, less received by the other. It is more than the link dropped, for
a sender goes on counting while its own connection has nowhere to send. *Estimated* is what
callvitals makes of the receiving end alone: what the sender says it has sent (RTCP sender
reports), less what was received.

"""

TRIP = """
## Round trip

Median over the call, on links with a fixed delay.

"""

ISSUES = """
## Issues

What the link did, and when the issue for it opened and closed: seconds after the fact, and how
many reports that were. High loss opens at 3 % over ten seconds, and closes below 1.5 %: bursts
leave gaps in which it does. A long round trip opens at a mean of 400 ms over ten seconds. *Since*
is what the issue itself says of its beginning.

"""

CLEAN = """
## No false alarms

Calls in which the link lost nothing and was never narrow: the issues that callvitals raised in
them.

"""


def table(head: str, rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table. head: `name | name | …`."""
    out = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    out += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(out) + "\n"


def _range(wire: tuple[int, int]) -> str:
    return str(wire[0]) if wire[0] == wire[1] else f"{wire[0]} to {wire[1]}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _off(value: float, truth: float) -> str:
    return f"{value} ({100 * (value - truth) / truth:+.0f} %)"


def _each(calls: "list[Call]") -> "Iterable[tuple[Call, End, Heard]]":
    return ((call, end, one) for call in calls for end in call.ends.values() for one in end.streams)


def lost(calls: "list[Call]") -> str:
    """Every stream that lost packets in other ways than by an outage."""
    rows = []
    for call, end, one in _each(calls):
        if call.cut or not (one.wire[1] or one.lost or one.highest):
            continue
        told = (one.passed, _range(one.wire), one.lost, one.browser, one.highest)
        rows.append((call.name, end.name, one.kind, *told))
    head = "call | end | stream | on the wire | lost there | callvitals | the browser | highest"
    return table(head, rows)


def share(calls: "list[Call]") -> str:
    """Loss as a share, for streams that lost enough."""
    rows = []
    for call, end, one in _each(calls):
        if call.cut or one.wire[0] < 50:
            continue
        naive = one.browser / (one.received + one.browser)
        told = (_percent(one.wire[0] / one.passed), _percent(one.loss), _percent(naive))
        rows.append((call.name, end.name, one.kind, *told))
    return table("call | end | stream | the wire | callvitals | lost / (received + lost)", rows)


def outages(calls: "list[Call]") -> str:
    """What never came, for ends that heard nothing for a while."""
    rows = []
    for call, end, one in _each(calls):
        if not call.spells(end.name, "down"):
            continue
        never = "-" if one.never_came is None else one.never_came
        missing = str(one.missing) if one.never_came is None else _off(one.missing, one.never_came)
        told = (_range(one.wire), never, missing, one.browser)
        rows.append((call.name, end.name, one.kind, *told))
    head = "call | end | stream | dropped by the link | never came | estimated | the browser"
    return table(head, rows)


def trips(calls: "list[Call]") -> str:
    """Links with a fixed delay."""
    rows = []
    for call in calls:
        link = call.truth.round_trip_ms()
        for end in call.ends.values():
            if link is not None and end.rtt_ms is not None:
                off = f"{end.rtt_ms - link:+.1f}"
                rows.append((call.name, end.name, f"{link:.0f} ms", f"{end.rtt_ms:.1f} ms", off))
    return table("call | end | the link | callvitals | off, ms", rows)


def issues(calls: "list[Call]") -> str:
    """Outages and lossy times, and what was found."""
    rows = []
    for call in calls:
        for end in call.ends.values():
            for name, what in KINDS:
                for spell in call.spells(end.name, what):
                    begun = (spell.since - call.truth.connected) / 1000
                    over = spell.until
                    shown = (
                        "until the end" if over is None else f"{(over - spell.since) / 1000:.0f} s"
                    )
                    shown = f"{_what(name, spell.value)} at {begun:.0f} s, {shown}"
                    if spell.value < LEAST[what]:
                        continue
                    found = end.found(name, spell)
                    rows.append((call.name, end.name, shown, name, *_times(end, found, spell)))
    head = "call | end | what happened | issue | opened after | closed after | since, off by"
    return table(head, rows)


def _what(name: str, value: Any) -> str:
    if name == "high-rtt":
        return f"round trip {2 * value:g} ms"
    return "nothing passes" if name == "outage" else f"{100 * value:g} % lost"


def _times(end: "End", found: "Problem | None", spell: Any) -> tuple[str, str, str]:
    if found is None:
        return "never", "-", "-"
    opened = (
        f"{(found.opened - spell.since) / 1000:.1f} s ({end.samples(spell.since, found.opened)})"
    )
    off = f"{(found.since - spell.since) / 1000:+.1f} s"
    if spell.until is None or found.closed is None:
        return opened, "-", off
    if found.closed < spell.until:
        return opened, "meanwhile", off
    closed = (
        f"{(found.closed - spell.until) / 1000:.1f} s ({end.samples(spell.until, found.closed)})"
    )
    return opened, closed, off


def clean(calls: "list[Call]") -> str:
    """Calls without trouble."""
    rows = []
    for call in calls:
        if call.troubled:
            continue
        for end in call.ends.values():
            told = ", ".join(one.name for one in end.problems) or "none"
            busy = f"{100 * call.truth.busy:.0f} %"
            rows.append((call.name, end.name, told, end.rating, busy))
    return table("call | end | issues | rating at the end | machine busy", rows)


def document(calls: "list[Call]") -> str:
    """The whole of it."""
    parts = [HEAD, LOST, lost(calls), SHARE, share(calls), OUTAGE, outages(calls)]
    parts += [TRIP, trips(calls), ISSUES, issues(calls), CLEAN, clean(calls)]
    return "".join(parts)


def main() -> str:
    """Of all captures."""
    from tests.lab import accuracy

    return document([accuracy.call(name) for name in accuracy.names()])


if __name__ == "__main__":
    sys.stdout.write(main())
