"""What the service does with messages, without a socket, on one core; and what it keeps."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import orjson
from callvitals import wire as core
from callvitals_server.history import History
from callvitals_server.ingest import Ingest
from callvitals_server.live import Live
from callvitals_server.records import Piece
from callvitals_server.settings import Settings

from .calls import entries
from .report import Figure, seconds, timed
from .wire import messages, rows_of

SESSIONS = 500
REPEATS = 7


class Many:
    """Five hundred sessions that all send the messages of the same call."""

    def __init__(self, folder: Path) -> None:
        self.pieces: list[Piece] = []
        self.history = History(folder)
        settings = Settings(data=folder)
        self.ingest = Ingest(settings, self.history.secret, Live(), self.pieces.append)
        self.sids = [f"{n:032d}" for n in range(SESSIONS)]
        self.now = entries()[0]["t"]
        for sid in self.sids:
            auth = {"protocol": core.PROTOCOL, "sessionId": sid, "conn": 65537}
            shake, trusted = self.ingest.admit({**auth, "meetingId": f"m{sid[:-1]}"}, None)
            claim = self.history.claim(shake.who, shake.conn, trusted, self.now)
            assert claim is not None
            self.ingest.connected(sid, shake, claim, self.now)

    def round(self, text: bytes) -> None:
        """One message of every session."""
        self.now += 10_000
        for sid in self.sids:
            replies = self.ingest.receive(sid, "meeting:metrics", [orjson.loads(text)], self.now)
            assert not any(reply.event in ("error", "resync") for reply in replies), replies

    def commit(self) -> None:
        """Store what is waiting."""
        pieces = list(self.pieces)
        self.pieces.clear()
        assert not self.history.write(pieces, self.now)
        self.ingest.committed(pieces, set())


def figures() -> list[Figure]:
    """Messages a second, milliseconds a commit, bytes a value."""
    said = messages(entries())
    said[0].pop("sessionToken")
    logs = [message["log"] for message in said if "log" in message]
    with tempfile.TemporaryDirectory() as folder:
        many = Many(Path(folder))
        taken: list[float] = []
        commits: list[float] = []
        parsed: list[float] = []
        for message in said:
            text = orjson.dumps(message)
            spent = [timed(many.round, text), timed(many.commit), timed(_parse, text)]
            if rows_of(message) == 10:  # as it is at rest
                for kept, one in zip((taken, commits, parsed), spent, strict=True):
                    kept.append(one)
        rate = [SESSIONS / s for s in taken]
        reference = Figure("reference: orjson.loads of it", "/s", [SESSIONS / s for s in parsed])
        bare = seconds(lambda: _bare(Path(folder), logs[-1]), REPEATS)
        plain = Figure("reference: 500 rows in bare sqlite3", "ms", [s * 1000 for s in bare])
        with sqlite3.connect(many.history.path) as db:
            (body,) = db.execute("SELECT sum(length(body)) FROM journal").fetchone()
        db.close()
        many.history.close()
        on_disk = many.history.path.stat().st_size
    values = SESSIONS * sum(_values(log) for log in logs)
    return [
        reference,
        Figure("message parsed, checked, merged", "/s", rate, reference.median),
        plain,
        Figure("commit of 500 messages", "ms", [s * 1000 for s in commits], plain.median),
        Figure("journal, text per value", "bytes", [body / values]),
        Figure("journal, file per value", "bytes", [on_disk / values]),
    ]


def _parse(text: bytes) -> None:
    for _ in range(SESSIONS):
        orjson.loads(text)


def _values(log: dict[str, Any]) -> int:
    return sum(len(col["d"]) for col in log["cols"].values())


def _bare(folder: Path, log: dict[str, Any]) -> None:
    """The same text into a table, by hand: what no layer of ours can beat."""
    body = core.text(log)
    path = folder / "bare.db"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE bare (id INTEGER, body TEXT)")
    with db:
        db.executemany("INSERT INTO bare VALUES (?, ?)", [(n, body) for n in range(SESSIONS)])
    db.close()
