"""The live table of callers, on stderr, for a person who watches."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from .meeting import Caller, Meeting

# The dashboard's shapes; colour never says anything alone.
_LOOK = {
    "good": ("● good", "blue"),
    "fair": ("▲ fair", "yellow"),
    "poor": ("■ poor", "red"),
    "unknown": ("○ unknown", "dim"),
}


def table(meetings: Sequence[Meeting]) -> Table:
    """All callers of all meetings as they are now."""
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Meeting", "Caller", "Rating"):
        grid.add_column(heading, no_wrap=True)
    for heading in ("Score", "Loss in", "Down", "Rows", "Stored"):
        grid.add_column(heading, justify="right", no_wrap=True)
    grid.add_column("What")
    for meeting in meetings:
        for caller in meeting.callers:
            grid.add_row(*_row(meeting, caller))
    return grid


def _row(meeting: Meeting, caller: Caller) -> list[Text | str]:
    visit = caller.newest()
    if visit is None:
        return [meeting.name, caller.name, Text("…", "dim")]
    word, colour = _LOOK.get(visit.doc.get("rating", "unknown"), _LOOK["unknown"])
    if caller.visit is None:
        word, colour = "○ left", "dim"
    net = visit.doc.get("net", {})
    score, loss, down = visit.doc.get("score"), net.get("lossIn"), net.get("download")
    return [
        meeting.name,
        caller.name,
        Text(word, colour),
        f"{score / 100:.2f}" if score is not None else "—",
        f"{loss / 100:.1f} %" if loss is not None else "—",
        f"{down / 1000:.0f} kbit/s" if down is not None else "—",
        str(visit.tick + 1),
        str(visit.sender.through + 1),
        str(visit.doc.get("sentence", "")),
    ]
