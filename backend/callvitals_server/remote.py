"""What pages are told to do (the wire's `config`, rule 13), so that nobody redeploys a page for it.

The deployment's values are what the settings say; what an operator changes since then lies in the
table `setting`, outlives restarts and reaches every process. Blocking; knows no transport.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .database import read, transaction, upsert
from .schema import setting
from .settings import Engine, Settings

NAME = "config"


class Change(BaseModel):
    """What is to differ from the deployment's values, by the wire's names; null or absent: it does
    not."""

    model_config = ConfigDict(extra="forbid", strict=True)

    messageSeconds: int | None = Field(None, ge=1, le=300)
    sampleSeconds: int | None = Field(None, ge=0, le=60)
    share: int | None = Field(None, ge=0, le=100)
    engine: Engine | None = None
    off: bool | None = None

    def changed(self) -> dict[str, Any]:
        """The members that are given."""
        return self.model_dump(exclude_none=True)


class Overtaken(Exception):
    """Somebody else changed it since it was read."""


@dataclass(frozen=True)
class Stored:
    """What the database holds. version 0: nothing was ever changed."""

    version: int = 0
    changed_at: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    text: str = ""  # as it lies there


class Remote:
    """The config of all pages. `config` is whole: a page keeps what it is not told anew, so what
    went back to its usual value has to be said, too."""

    def __init__(self, engine: sa.Engine, settings: Settings) -> None:
        self._engine = engine
        self.defaults = settings.config()
        self.stored = Stored()
        self.refresh()

    @property
    def config(self) -> dict[str, Any]:
        """What pages are told now."""
        return {**self.defaults, **self.stored.values}

    def refresh(self) -> bool:
        """Look whether another process changed it. Raises StorageError."""
        rows = read(self._engine, sa.select(setting.c.value).where(setting.c.name == NAME))
        found = _parse(rows[0]["value"]) if rows else Stored()
        if found.version <= self.stored.version:  # or `put` was faster than this look
            return False
        self.stored = found
        return True

    def put(self, change: Change, version: int | None, now: int) -> None:
        """Replace what was changed before. version: of what the caller saw; None: whatever it
        was. Raises Overtaken, StorageError."""
        self.refresh()
        seen = self.stored
        if version is not None and version != seen.version:
            raise Overtaken
        values = change.changed()
        new = {"version": seen.version + 1, "changedAt": now, "values": values}
        text = json.dumps(new, sort_keys=True, separators=(",", ":"))
        if seen.version == 0:
            fresh = upsert(self._engine, setting).values(name=NAME, value=text)
            step = fresh.on_conflict_do_nothing()
        else:
            it = (setting.c.name == NAME, setting.c.value == seen.text)
            step = sa.update(setting).where(*it).values(value=text)
        with transaction(self._engine) as db:
            if db.execute(step.returning(setting.c.name)).one_or_none() is None:
                raise Overtaken
        self.stored = Stored(seen.version + 1, now, values, text)


def _parse(text: str) -> Stored:
    """What `put` wrote. A later release may know settings that this one does not: they are left
    to it."""
    made = json.loads(text)
    known: dict[str, Any] = {}
    for name, value in made["values"].items():
        try:
            known |= Change.model_validate({name: value}).changed()
        except ValidationError:
            continue
    return Stored(made["version"], made["changedAt"], known, text)
