"""Meetings of made-up participants, as the service would see them."""

from __future__ import annotations

from typing import Any

from callvitals import together

T0 = 1_795_448_731_000
NAMES = {"a": "Ann", "b": "Bob", "c": "Cleo", "d": "Dan", "e": "Eve", "f": "Finn"}
LOSS = {"type": "high-loss", "severity": "major", "evidence": {"direction": "in", "loss": 812}}
SAID = "Losing 8.1 % of incoming packets."


class Meeting:
    """Participants whose states are changed by hand, and the verdict on them."""

    def __init__(self, ids: str, labels: bool = False) -> None:
        self.memory = together.fresh()
        self.docs: dict[str, dict[str, Any]] = {}
        self.offsets: dict[str, int] = {}
        self.due: int | None = None
        self.labels = labels
        for pid in ids:
            self.join(pid)

    def join(self, pid: str, rating: str = "good") -> None:
        self.docs[pid] = {"rating": rating, "issues": {}, "labels": {}}
        if self.labels:
            for one, doc in self.docs.items():
                others = [other for other in self.docs if other != one]
                doc["labels"] = {f"t-{other}": {"participant": other} for other in others}

    def open(self, pid: str, since: float, what: str = "high-loss", **more: Any) -> None:
        """since: s after T0, by the service's clock; the state has the page's."""
        evidence = {"direction": "in"} if what == "high-loss" else {}
        self.docs[pid]["issues"][what] = {
            "type": what,
            "severity": more.pop("severity", "major"),
            "since": T0 + int(1000 * since) - self.offsets.get(pid, 0),
            "sentence": more.pop("sentence", SAID),
            "evidence": {**evidence, **more},
        }

    def close(self, pid: str, what: str = "high-loss") -> None:
        del self.docs[pid]["issues"][what]

    def at(self, second: float) -> list[dict[str, Any]]:
        people = {
            pid: together.person(NAMES.get(pid, ""), [together.said(doc, self.offsets.get(pid, 0))])
            for pid, doc in self.docs.items()
        }
        said, self.due = together.step(self.memory, people, T0 + int(1000 * second))
        return said

    def one(self, second: float) -> dict[str, Any]:
        (said,) = self.at(second)
        return said
