"""What happens to the link in each recorded call, second by second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SMALL = {"width": 320, "height": 240, "frameRate": 15}
LARGE = {"width": 640, "height": 360, "frameRate": 15}
# At the end of every call the link is healed and the last losses get counted: what the browsers
# say then is compared with the wire without a sampling second between them.
QUIET_S = 4.0


@dataclass
class Scene:
    """A call: who is at end a (b is Chromium), with what pictures, and what happens when.

    steps: (seconds after connecting, a change of the link for the relay, or "restart" for ICE).
    """

    name: str
    what: str
    steps: list[tuple[float, Any]]
    seconds: float = 50.0
    a: str = "chromium"
    video: dict[str, int] | bool = field(default_factory=lambda: SMALL)


def _all(change: dict[str, Any], seconds: float = 50.0) -> list[tuple[float, Any]]:
    """From the beginning until just before the end; the delay stays, so that nothing overtakes."""
    heal = {"loss": 0, "rate": 0, "jitter": 0, "down": False}
    return [(0.0, change), (seconds - QUIET_S, heal)]


def _cut(begin: float, length: float, way: str) -> list[tuple[float, Any]]:
    return [(begin, {"way": way, "down": True}), (begin + length, {"way": way, "down": False})]


def _outages(way: str) -> list[tuple[float, Any]]:
    """A link of 20 ms that is cut for 8 s and, later, for 3 s."""
    steps: list[tuple[float, Any]] = [(0.0, {"delay": 20})]
    return [*steps, *_cut(15.0, 8.0, way), *_cut(36.0, 3.0, way)]


_RESTART = [
    *_all({"loss": 0.05, "delay": 30})[:1],
    (15.0, "restart"),
    (30.0, "restart"),
    *_all({})[1:],
]
_BURSTS = {"loss": 0.05, "burst": 8, "delay": 30}
_SCENES = [
    Scene("delay75", "75 ms each way, nothing lost", _all({"delay": 75})),
    Scene(
        "loss10",
        "10 % random loss for 30 s, 40 ms",
        [(0.0, {"loss": 0.1, "delay": 40}), (30.0, {"loss": 0})],
    ),
    Scene(
        "loss8-one-way",
        "8 % random loss from a to b only, 40 ms",
        [(0.0, {"delay": 40}), (0.1, {"way": "ab", "loss": 0.08}), (46.0, {"loss": 0})],
    ),
    Scene(
        "burst5",
        "5 % loss in bursts of 8 packets, 30 ms",
        _all(_BURSTS),
    ),
    Scene("outage", "20 ms; nothing passes for 8 s, later for 3 s", _outages("both")),
    Scene("outage-one-way", "as outage, from a to b only", _outages("ab")),
    Scene("outage-audio", "as outage, sound only", _outages("both"), video=False),
    Scene("outage-audio-one-way", "as outage-one-way, sound only", _outages("ab"), video=False),
    Scene(
        "outage-long",
        "20 ms; nothing passes for 6 s, later for 12 s",
        [
            (0.0, {"delay": 20}),
            *_cut(15.0, 6.0, "both"),
            *_cut(36.0, 12.0, "both"),
        ],
        60.0,
    ),
    Scene(
        "loss20-late",
        "20 ms; after 20 s 20 % random loss for 15 s",
        [(0.0, {"delay": 20}), (20.0, {"loss": 0.2}), (35.0, {"loss": 0})],
        60.0,
    ),
    Scene(
        "delay300-late",
        "10 ms each way, after 20 s 300 ms",
        [(0.0, {"delay": 10}), (20.0, {"delay": 300})],
        60.0,
    ),
    Scene(
        "jitter",
        "50 ± 30 ms with reordering, 2 % random loss",
        _all({"delay": 50, "jitter": 30, "reorder": True, "loss": 0.02}),
    ),
    Scene(
        "reorder",
        "50 ± 30 ms with reordering, nothing lost",
        _all({"delay": 50, "jitter": 30, "reorder": True}),
    ),
    Scene(
        "narrow120",
        "120 kbit/s with a queue of 300 ms, 20 ms; pictures of 640x360",
        _all({"rate": 120, "queue": 300, "delay": 20}),
        video=LARGE,
    ),
    Scene("ice-restart", "5 % random loss, 30 ms; two ICE restarts", _RESTART),
    Scene(
        "firefox-burst5",
        "a is Firefox; as burst5",
        _all(_BURSTS),
        a="firefox",
    ),
    # Firefox's peers send sender reports some seconds apart: the second outage is to be told of.
    Scene("firefox-outage", "a is Firefox; as outage", _outages("both"), 60.0, a="firefox"),
]
SCENES = {scene.name: scene for scene in _SCENES}
