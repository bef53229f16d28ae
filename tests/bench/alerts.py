"""What a look of the alerts' rules costs, at 5,000 participants and full windows. The reference is
reading the same states once as JSON, which is what looking from elsewhere would begin with."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
from callvitals_server.alert_calls import Calls, Seen
from callvitals_server.alert_rules import Rule, rule
from callvitals_server.alert_state import Alert, step

from .report import Figure

PEOPLE = 5000
T0 = 1_795_000_000_000
LOOK_MS = 5000
REPEATS = 7
MOST = 12.0
"""Ten rules may cost as much as reading the states so many times."""

_RULES = (
    {"metric": "poor", "share": 0.2},
    {"metric": "poor", "share": 0.5, "per": "meeting"},
    {"metric": "issue", "share": 0.1, "match": {"issue": "high-loss"}},
    {"metric": "lossIn", "above": 0.05},
    {"metric": "rtt", "above": 0.5, "share": 0.1},
    {"metric": "score", "below": 3.0, "per": "meeting"},
    {"metric": "failedJoins", "share": 0.1},
    {"metric": "jitter", "above": 0.1, "per": "participant"},
    {"metric": "poor", "share": 0.2, "of": "meetings"},
    {"metric": "concealed", "above": 0.1, "share": 0.1, "match": {"browser": "Firefox"}},
)


def _seen(n: int, moment: int) -> Seen:
    net = {"rtt": 400 + n % 97, "lossIn": n % 300, "jitter": 20 + moment % 7, "concealed": 0}
    state = {
        "rating": "poor" if n % 20 == 0 else "good",
        "score": 300 + n % 150,
        "net": {**net, "upload": 900_000, "download": 2_000_000},
        "facts": {"browser": "Firefox" if n % 3 else "Chromium", "os": "Linux"},
        "pcs": {"c0": {"state": "connected", "connectTime": 300}},
        "issues": {"i0": {"type": "high-loss", "severity": "major"}} if n % 20 == 0 else {},
    }
    return Seen(f"m{n // 5}", f"p{n}", "", f"s{n}", T0, True, state)


def _looks(rules: list[Rule]) -> list[float]:
    calls = Calls()
    held: dict[str, dict[str, Alert]] = {one.name: {} for one in rules}
    out = []
    for moment in range(60 + REPEATS):  # five minutes fill the window
        sessions = [_seen(n, moment) for n in range(PEOPLE)]
        now = T0 + moment * LOOK_MS

        def look(sessions: list[Seen] = sessions, now: int = now) -> None:
            calls.look(rules, sessions, now)
            for one in rules:
                steps = step(one, held[one.name], calls.readings(one), now, lambda: "x")
                held[one.name] = {a.subject: a for a in steps.kept if a.state != "resolved"}

        out.append(_cpu(look))
    return out[60:]


def _cpu(work: Callable[[], object]) -> float:
    """CPU time of one run, ms: the machine may be busy with other things."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def figures() -> list[Figure]:
    """CPU milliseconds a look, of which there is one in five seconds."""
    texts = [orjson.dumps(_seen(n, 0).state) for n in range(PEOPLE)]
    reading = [_cpu(lambda: [orjson.loads(text) for text in texts]) for _ in range(REPEATS)]
    reference = Figure("reference: reading 5,000 states as JSON", "ms", reading)
    rules = [rule({"name": f"r{n}", "on": "calls", **one}) for n, one in enumerate(_RULES)]
    one = Figure("5,000 participants, one rule", "ms", _looks(rules[:1]), reference.median)
    ten = Figure("5,000 participants, ten rules", "ms", _looks(rules), reference.median)
    ratio = ten.median / reference.median
    assert ratio <= MOST, f"ten rules cost {ratio:.1f} times what reading the states does"
    return [reference, one, ten]
