"""How benches feed a history: as a message of a page would, and until all of it is sealed."""

from __future__ import annotations

from typing import Any

from callvitals import wire
from callvitals_server.history import History
from callvitals_server.records import Piece


def piece(sid: str, part: list[dict[str, Any]], through: int) -> Piece:
    log = wire.encode_log(part)
    row = {
        "session_id": sid,
        "first": log["from"],
        "last": log["to"],
        "offset": 0,
        "body": wire.text({k: log[k] for k in ("cols", "events", "from", "to")}),
        "t0": part[0]["t"],
        "t1": part[-1]["t"],
    }
    return Piece(sid, 65537, through, log["to"], None, row)


def tend(history: History, now: int) -> None:
    while history.tend(now):
        pass
