"""Alerts, rules and silences in the database. Synchronous; raises StorageError."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any

import orjson
import sqlalchemy as sa

from .alert_rules import Rule
from .alert_state import FIRING, PENDING, RESOLVED, Alert
from .database import read, transaction, upsert
from .records import StorageError
from .schema import meeting, setting
from .schema_alerts import alert, alert_rule, alert_silence, told_meeting

Row = dict[str, Any]
MOST_RULES = 500
MOST_SILENCES = 500
SUMMARY_MS = 86_400_000  # an older meeting is no news
_SINCE = "meetings_told_since"
_ROWS = 1000
_rank: sa.ColumnElement[int] = sa.case({FIRING: 0, PENDING: 1}, value=alert.c.state, else_=2)


class AlertStore:
    """All reads and writes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    # -- alerts -----------------------------------------------------------------------------------

    def open(self) -> list[Alert]:
        """Those that are pending or firing."""
        query = sa.select(alert.c.body).where(alert.c.state.in_((PENDING, FIRING)))
        return [_alert(row) for row in read(self._engine, query)]

    def save(self, kept: Sequence[Alert], dropped: Sequence[Alert]) -> None:
        """What became of them, in one transaction."""
        rows = [
            {
                "id": one.id,
                "rule": one.rule,
                "subject": one.subject,
                "state": one.state,
                "since": one.since,
                "body": orjson.dumps(asdict(one)).decode(),
            }
            for one in kept
        ]
        with transaction(self._engine) as db:
            if rows:
                insert = upsert(db, alert)
                fresh = {n: insert.excluded[n] for n in ("state", "since", "body")}
                db.execute(insert.on_conflict_do_update(index_elements=["id"], set_=fresh), rows)
            if dropped:
                gone = [one.id for one in dropped]
                db.execute(sa.delete(alert).where(alert.c.id.in_(gone)))

    def untold(self) -> list[tuple[Alert, bool]]:
        """Those that fired or ended and are not in the queue yet; with "was its firing told?"."""
        query = sa.select(alert.c.body, alert.c.fired_told).where(
            alert.c.resolved_told.is_(None),
            sa.or_(
                alert.c.state == RESOLVED,
                sa.and_(alert.c.state == FIRING, alert.c.fired_told.is_(None)),
            ),
        )
        rows = read(self._engine, query.order_by(alert.c.since))
        return [(_alert(row), row["fired_told"] is not None) for row in rows]

    def told(self, one: Alert, now: int, silent: bool = False) -> None:
        """It was handed to the queue; silent: it ended, and there was nothing to tell."""
        column = "fired_told" if one.state == FIRING else "resolved_told"
        with transaction(self._engine) as db:
            values = {column: 0 if silent else now}
            db.execute(sa.update(alert).where(alert.c.id == one.id).values(values))

    def page(
        self, state: str, rule: str, after: tuple[int, int, str] | None, limit: int
    ) -> list[tuple[Alert, bool, tuple[int, int, str]]]:
        """The firing first, then the pending, then those that ended; each the newest first: with
        "was it never told of?" and its place."""
        query = sa.select(alert, _rank.label("rank"))
        if state:
            query = query.where(alert.c.state == state)
        if rule:
            query = query.where(alert.c.rule == rule)
        if after is not None:
            rank, since, number = after
            later = sa.or_(
                alert.c.since < since, sa.and_(alert.c.since == since, alert.c.id > number)
            )
            query = query.where(sa.or_(_rank > rank, sa.and_(_rank == rank, later)))
        query = query.order_by(_rank, alert.c.since.desc(), alert.c.id).limit(limit)
        return [
            (_alert(row), row["fired_told"] is None, (row["rank"], row["since"], row["id"]))
            for row in read(self._engine, query)
        ]

    def forget(self, now: int, keep: int) -> None:
        """Drop what ended longer ago than it is kept."""
        old: tuple[tuple[sa.Table, Any], ...] = (
            (alert, sa.and_(alert.c.state == RESOLVED, alert.c.since < now - keep)),
            (alert_silence, alert_silence.c.ends_at < now - keep),
            (told_meeting, told_meeting.c.told_at < now - 3 * SUMMARY_MS),
        )
        for table, condition in old:
            keys = list(table.primary_key.columns)
            some = sa.select(*keys).where(condition).limit(_ROWS)
            with transaction(self._engine) as db:
                db.execute(sa.delete(table).where(sa.tuple_(*keys).in_(some)))

    # -- rules ------------------------------------------------------------------------------------

    def rules(self) -> list[Rule]:
        """Those made by REST, by name. One that an older release wrote and this one does not
        understand is left out."""
        rows = read(self._engine, sa.select(alert_rule).order_by(alert_rule.c.name))
        out = []
        for row in rows:
            try:
                out.append(Rule.model_validate_json(row["body"]))
            except ValueError:
                continue
        return out

    def put_rule(self, one: Rule, now: int) -> bool:
        """Made, or changed. False: there are too many."""
        with transaction(self._engine) as db:
            count = sa.select(sa.func.count()).where(alert_rule.c.name != one.name)
            if db.execute(count.select_from(alert_rule)).scalar_one() >= MOST_RULES:
                return False
            body = one.model_dump_json(by_alias=True)
            insert = upsert(db, alert_rule).values(name=one.name, body=body, changed_at=now)
            fresh = {"body": insert.excluded.body, "changed_at": insert.excluded.changed_at}
            db.execute(insert.on_conflict_do_update(index_elements=["name"], set_=fresh))
        return True

    def delete_rule(self, name: str) -> bool:
        """False: there was none."""
        with transaction(self._engine) as db:
            return db.execute(sa.delete(alert_rule).where(alert_rule.c.name == name)).rowcount > 0

    # -- silences ---------------------------------------------------------------------------------

    def silences(self, now: int) -> list[Row]:
        """Those that are not over, the next to end first."""
        query = sa.select(alert_silence).where(alert_silence.c.ends_at > now)
        return read(self._engine, query.order_by(alert_silence.c.ends_at, alert_silence.c.id))

    def silence(self, rule: str, subject: str, start: int, end: int, comment: str, now: int) -> Row:
        """A new one. Raises StorageError where there are too many."""
        row = {
            "id": secrets.token_hex(8),
            "rule": rule,
            "subject": subject,
            "starts_at": start,
            "ends_at": end,
            "comment": comment,
            "made_at": now,
        }
        if len(self.silences(now)) >= MOST_SILENCES:
            raise StorageError(f"there are {MOST_SILENCES} silences already")
        with transaction(self._engine) as db:
            db.execute(sa.insert(alert_silence).values(row))
        return row

    def end_silence(self, number: str) -> bool:
        """False: there was none."""
        with transaction(self._engine) as db:
            gone = sa.delete(alert_silence).where(alert_silence.c.id == number)
            return db.execute(gone).rowcount > 0

    # -- meetings ---------------------------------------------------------------------------------

    def meetings(self, now: int, verdicts: Sequence[str], limit: int = 50) -> list[Row]:
        """Those that ended, are summed up, and were not told of; none that ended before this was
        first asked."""
        with transaction(self._engine) as db:
            first = upsert(db, setting).values(name=_SINCE, value=str(now))
            db.execute(first.on_conflict_do_nothing())
            since = db.execute(sa.select(setting.c.value).where(setting.c.name == _SINCE))
            begin = max(int(since.scalar_one()), now - SUMMARY_MS)
        told = sa.exists().where(
            told_meeting.c.meeting_id == meeting.c.meeting_id,
            told_meeting.c.started_at == meeting.c.started_at,
        )
        query = (
            sa.select(meeting)
            .where(sa.not_(meeting.c.live), sa.not_(meeting.c.stale))
            .where(meeting.c.summary.is_not(None), meeting.c.last_at >= begin, sa.not_(told))
            .where(meeting.c.started_at >= begin - 7 * SUMMARY_MS)  # its index begins with it
            .where(meeting.c.verdict.in_(list(verdicts)))
            .order_by(meeting.c.last_at)
            .limit(limit)
        )
        return read(self._engine, query)

    def told_meeting(self, row: Row, now: int) -> None:
        """It was handed to the queue."""
        key = {"meeting_id": row["meeting_id"], "started_at": row["started_at"]}
        with transaction(self._engine) as db:
            insert = upsert(db, told_meeting).values(**key, told_at=now)
            db.execute(insert.on_conflict_do_nothing())

    def forget_meetings(self) -> None:
        """Nobody is told of meetings any more: when somebody is again, it begins with that time."""
        with transaction(self._engine) as db:
            db.execute(sa.delete(setting).where(setting.c.name == _SINCE))


def silenced(silences: Sequence[Row], one: Alert, now: int) -> bool:
    """Is an alert not to be told of now?"""
    return any(
        row["starts_at"] <= now < row["ends_at"]
        and row["rule"] in ("*", one.rule)
        and fnmatchcase(one.subject, row["subject"])
        for row in silences
    )


def _alert(row: Row) -> Alert:
    told = orjson.loads(row["body"])
    return Alert(**{**told, "deliver": tuple(told["deliver"])})
