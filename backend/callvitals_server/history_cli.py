"""`callvitals meetings`, `backup`, `restore`: a history from the command line, while the service
runs or not."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .failing import fail
from .records import StorageError, duration

if TYPE_CHECKING:
    from .reads import Reads

_T = TypeVar("_T")
_NOTHING: dict[str, Any] = {}  # but what the environment says

_data = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the history.  [default: CALLVITALS_DATA, or callvitals-data]",
)
_database = click.option(
    "--database",
    metavar="URL",
    help="A PostgreSQL database instead.  [default: CALLVITALS_DATABASE_URL]",
)


class Moment(click.ParamType[int]):
    """`2026-11-24`, `2026-11-24T14:30`, or so long ago: `90m`, `12h`, `7d`."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> int:
        """Epoch ms."""
        if isinstance(value, int):
            return value
        try:
            return time.time_ns() // 1_000_000 - duration(value)
        except ValueError:
            pass
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            self.fail("write 2026-11-24, 2026-11-24T14:30, or so long ago: 12h, 7d", param, context)
        return round((when if when.tzinfo else when.astimezone()).timestamp() * 1000)


@click.command(
    epilog="\b\nExamples:\n"
    "  callvitals meetings                     those that ended last\n"
    "  callvitals meetings --verdict poor --from 7d\n"
    "  callvitals meetings --search ada --sort duration --json\n"
    "  callvitals meetings standup             what it came to, and who suffered\n\n"
    "Times are this machine's. Reads the data folder or the database; the service may run."
)
@click.argument("meeting", default="")
@click.option("--search", default="", help="Part of a meeting's or participant's id, or a name.")
@click.option(
    "--verdict",
    type=click.Choice(["good", "fair", "poor", "unknown"]),
    help="What they came to.",
)
@click.option("--from", "start", type=Moment(), help="Those that went on after this time.")
@click.option("--to", "end", type=Moment(), help="Those that went on before this time.")
@click.option(
    "--sort",
    type=click.Choice(["started", "score", "participants", "duration", "name"]),
    default="started",
    help="[default: started, the newest first]",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="[default: 20]")
@click.option("--json", "as_json", is_flag=True, help="As GET /api/summaries has them.")
@_data
@_database
def meetings(
    meeting: str,
    search: str,
    verdict: str | None,
    start: int | None,
    end: int | None,
    sort: str,
    limit: int,
    as_json: bool,
    data: Path | None,
    database: str | None,
) -> None:
    """What meetings came to: verdict, minutes poor, the main cause, who. MEETING: one of them."""
    from . import listing
    from .answers import stored_item
    from .listing import Filter

    wanted = Filter(False, search, "", verdict or "", start, end, sort)

    def ask(history: Reads) -> tuple[list[Any], int]:
        if meeting:
            rows = [row for row in history.occurrences(meeting, limit) if not row["live"]]
            return [stored_item(row) for row in rows], len(rows)
        found = [stored_item(row) for row, _ in listing.ended(history, wanted, None, limit)]
        return found, listing.count(history, wanted)

    items, total = _asked(data, database, ask)
    if meeting and not items:
        fail(f"no meeting {meeting} has ended. Try: callvitals meetings --search {meeting}")
    if as_json:
        click.echo(json.dumps({"items": items, "next": None, "total": total}, indent=_indent()))
        return
    from rich.console import Console

    from .history_text import listed, one

    console = Console(highlight=False)
    if not sys.stdout.isatty():
        console.width = 200  # whoever reads a pipe wants whole lines
    console.print(one(items) if meeting else listed(items, total))


@click.command(
    epilog="\b\nExamples:\n"
    "  callvitals backup /backups/callvitals-$(date +%F)\n"
    "  callvitals backup --database postgresql://me@db/vitals vitals.dump\n\n"
    "A backup of a data folder is a data folder: `callvitals serve --data` and"
    " `callvitals_server.read` understand it."
)
@click.argument("out", type=click.Path(path_type=Path))
@_data
@_database
def backup(out: Path, data: Path | None, database: str | None) -> None:
    """Copy the history to OUT, a new folder (PostgreSQL: a file), while the service runs."""
    from . import backup as backups

    folder, url = _place(data, database)
    began = time.monotonic()
    with _storage("callvitals backup --data FOLDER OUT"), _bar("Copying") as step:
        size = backups.dump(url, out) if url else backups.backup(folder, out, step)
    click.echo(f"{size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s: {out}")


@click.command(
    epilog="\b\nExample:\n  callvitals restore /backups/callvitals-2026-11-24 --data ./history\n\n"
    "Every file is checked first; nothing that is there is written over."
)
@click.argument("kept", metavar="BACKUP", type=click.Path(path_type=Path))
@_data
@_database
def restore(kept: Path, data: Path | None, database: str | None) -> None:
    """Make a data folder (PostgreSQL: fill an empty database) of a backup."""
    from . import backup as backups

    folder, url = _place(data, database)
    with _storage("callvitals restore BACKUP --data FOLDER"), _bar("Copying") as step:
        if url:
            backups.undump(kept, url)
        else:
            backups.restore(kept, folder, step)
    click.echo(f"Restored. Try: callvitals serve{'' if url else f' --data {folder}'}")


def _place(data: Path | None, database: str | None) -> tuple[Path, str]:
    """(folder, address): flags over the settings; an address where that is meant."""
    from .settings import Settings

    if data is not None and database is not None:
        raise click.UsageError("--data or --database, not both.")
    try:
        given = Settings(**_NOTHING)
    except ValueError as error:
        fail(str(error).splitlines()[-1], 2)
    if data is not None:
        return data, ""
    return given.data, given.database_url if database is None else database


def _asked(data: Path | None, database: str | None, ask: Callable[[Reads], _T]) -> _T:
    from .stored import Stored

    folder, url = _place(data, database)
    with _storage("callvitals meetings --data FOLDER"), Stored(url or folder) as history:
        return ask(history)


@contextmanager
def _storage(hint: str) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        fail(f"{error}. Try: {hint}")


def _indent() -> int | None:
    return 2 if sys.stdout.isatty() else None


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, all_: bar.update(task, completed=done, total=all_)
