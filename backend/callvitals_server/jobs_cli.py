"""`callvitals jobs`: what waits, what failed, and once more. It looks where the service keeps its
jobs, so the service need not run."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import orjson

from .failing import fail
from .jobs import STATES, Job, Jobs, NoJobError, NotFailedError, State
from .records import StorageError
from .settings import Settings, load

_COLOURS = {"active": "cyan", "failed": "red", "completed": "green", "delayed": "yellow"}
_HOURS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_ID = 48  # characters that most ids fit in

_data = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the history.  [default: callvitals-data]",
)


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n"
    "  callvitals jobs                     what is active, waits, failed, is done\n"
    "  callvitals jobs --state failed      why\n"
    "  callvitals jobs retry http-batch.5f0c9a\n"
    "  callvitals jobs retry --all --kind webhook\n\n"
    "With CALLVITALS_REDIS_URL set they are those in Redis.",
)
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--kind", default="", help="Only those of this kind.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, help="How many.  [default: 50]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_data
@click.pass_context
def jobs(
    context: click.Context,
    state: State | None,
    kind: str,
    limit: int,
    as_json: bool,
    data: Path | None,
) -> None:
    """Look at the service's jobs, and retry those that failed."""
    if context.invoked_subcommand is None:
        asyncio.run(_list(_settings(data), state, kind, limit, as_json))


@jobs.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that failed.")
@click.option("--kind", default="", help="With --all: only those of this kind.")
@_data
@click.pass_context
def retry(
    context: click.Context, ids: tuple[str, ...], everything: bool, kind: str, data: Path | None
) -> None:
    """Do failed jobs again, with all their attempts. A service that runs begins within a second."""
    if bool(ids) == everything:
        raise click.UsageError("Give ids, or --all.")
    if kind and not everything:
        raise click.UsageError("--kind goes with --all.")
    above = context.parent.params.get("data") if context.parent else None
    asyncio.run(_retry(_settings(data or above), ids, kind))


async def _list(
    settings: Settings, state: State | None, kind: str, limit: int, as_json: bool
) -> None:
    async with _opened(settings) as found:
        items, following = await found.page(state, kind, limit)
        counts = await found.counts()
    if as_json:
        shown = {"items": [one.shown() for one in items], "next": following, "counts": counts}
        click.echo(orjson.dumps(shown))
        return
    now = time.time()
    for one in items:
        click.echo(line(one, now))
        if one.error:
            click.echo(f"{'':11}{one.error}")
    if items:
        click.echo()
    click.echo(" · ".join(f"{counts[name]} {name}" for name in STATES))


async def _retry(settings: Settings, ids: tuple[str, ...], kind: str) -> None:
    async with _opened(settings) as found:
        wanted = list(ids)
        if not ids:
            cursor: str | None = ""
            while cursor is not None:
                page, cursor = await found.page("failed", kind, 200, cursor)
                wanted += [one.id for one in page]
        for one in wanted:
            try:
                await found.retry(one)
            except NoJobError:
                fail(f"no such job: {one}. Try: callvitals jobs --state failed")
            except NotFailedError as error:
                fail(f"only failed jobs can be retried: {one} is {error}")
    click.echo(f"{len(wanted)} job{'' if len(wanted) == 1 else 's'} to be done again")


def line(one: Job, now: float) -> str:
    """One job; now: epoch s."""
    at = one.finished_at or one.started_at or one.created_at
    when = f"{_span(now - at / 1000)} ago"
    if one.state == "delayed":
        when = f"in {_span(one.run_at / 1000 - now)}"
    attempts = f"attempt {one.attempts} of {one.max_attempts}"
    if one.state == "active" and one.progress is not None:
        attempts = f"{one.progress:.0%}"
    state = click.style(f"{one.state:10}", _COLOURS.get(one.state))
    return f"{state} {one.id:{_ID}} {one.title}  ({attempts}, {when})"


def _span(seconds: float) -> str:
    for size, name in _HOURS:
        if seconds >= size:
            return f"{int(seconds // size)} {name}"
    return "0 s"


def _settings(data: Path | None) -> Settings:
    return load({} if data is None else {"data": data})


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Jobs]:
    """Where the service has them; one line where they are out of reach."""
    import sqlalchemy as sa

    engine: sa.Engine | None = None
    found: Jobs
    try:
        if settings.redis_url:
            from .jobs_bull import BullJobs

            found = BullJobs(settings.redis_url, Counter())
        else:
            from .database import sqlite_engine
            from .jobs_sql import SqlJobs
            from .stored import Stored

            with Stored(settings.data):  # it is there, and of this version
                pass
            engine = sqlite_engine(settings.data / "callvitals.db", ())
            found = SqlJobs(engine, lambda: time.time_ns() // 1_000_000, Counter())
        try:
            yield found
        finally:
            await found.close()
    except StorageError as error:
        hint = "" if settings.redis_url else ". Try: callvitals jobs --data FOLDER"
        fail(f"{error}{hint}")
    finally:
        if engine is not None:
            engine.dispose()
