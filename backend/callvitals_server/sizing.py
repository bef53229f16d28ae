"""What a service will need, by figures that were measured (tests/bench/sizing.py measures them
anew; docs/storage.md says how). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .records import Keep

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Of recorded calls with sound and pictures, sampled once a second."""

    tick: float = 21.5
    """bytes on disk of a tick that is sealed, its events and its streams' series included"""
    minute: float = 250.0
    """… of a session's minute"""
    hour: float = 800.0
    """… of a session's hour, and its part of the hour's tallies"""
    session: float = 1650.0
    """… of a session, its last state included"""
    bare: float = 480.0
    """… of one whose state is forgotten"""
    meeting: float = 750.0
    """… of a meeting with its summary"""
    journal: float = 210.0
    """… of a tick that is not sealed yet"""
    wire: float = 253.0
    """bytes from a page a second, messages and their frames"""
    cpu: float = 70e-6
    """s of a core for a tick, from the socket to its chunk"""
    connection: float = 37_000.0
    """bytes of memory of a session that is live"""
    base: float = 120e6
    """… of the service itself"""


@dataclass(frozen=True, slots=True)
class Load:
    """What comes in a day. minutes: of a meeting; busiest: the share of the day's minutes that lie
    in the busiest hour; sample: s between ticks."""

    meetings: int
    participants: float
    minutes: float = 30.0
    busiest: float = 0.15
    sample: float = 1.0


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes, bit/s, cores; live: sessions at once in the busiest hour."""

    live: float
    ticks: float
    raw: float
    minutes: float
    hours: float
    journal: float
    traffic: float
    cores: float
    memory: float

    @property
    def disk(self) -> float:
        """All that is kept, once it is as old as it gets."""
        return self.raw + self.minutes + self.hours + self.journal


def need(load: Load, keep: Keep, by: Measured | None = None) -> Need:
    """What this load needs, steadily. What is kept is kept a day (hours: a month) longer than it
    says, as files are forgotten whole."""
    by = by or Measured()
    sessions = load.meetings * load.participants  # a day
    ticks = sessions * load.minutes * 60 / load.sample
    live = sessions * load.minutes * load.busiest / 60
    rate = live / load.sample
    days = {name: getattr(keep, name) / DAY_MS for name in ("raw", "minutes", "hours")}
    hours_a_session = load.minutes / 60 + 1  # it touches one more than it fills
    # What a session has in the database is there for as long as hours are.
    rows = sessions * by.bare + load.meetings * by.meeting
    return Need(
        live=live,
        ticks=ticks,
        raw=ticks * by.tick * (days["raw"] + 1),
        minutes=sessions
        * (load.minutes * by.minute + by.session - by.bare)
        * (days["minutes"] + 1),
        hours=(sessions * hours_a_session * by.hour + rows) * (days["hours"] + 31),
        journal=live * 600 * by.journal * 2,  # and as much until the log of SQLite is folded in
        traffic=live * by.wire * 8,
        cores=rate * by.cpu,
        memory=by.base + live * by.connection,
    )
