"""`callvitals analyze` and `callvitals export`: recordings from the command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from .failing import fail

HELP = "Try: callvitals analyze --help"


@click.command(
    epilog="\b\nExamples:\n"
    "  callvitals analyze webrtc_internals_dump.gz   a report in the terminal\n"
    "  callvitals analyze call.jsonl --html call.html\n"
    "  callvitals analyze call.jsonl --json | jq '.connections[].issues'\n\n"
    "Reads recordings of callvitals, dumps of chrome://webrtc-internals, rtcstats dumps, and what"
    " /api/export writes (NDJSON, CSV), plain or gzipped; the format is found by looking."
)
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--html", "page", metavar="OUT", help="Write one self-contained page with charts.")
@click.option("--series", is_flag=True, help="With --json: every tick's values, too.")
@click.option(
    "--points",
    type=click.IntRange(0, 1_000_000),
    default=0,
    help="With --series: thin each series to about so many.  [default: all]",
)
def analyze(file: str, as_json: bool, page: str | None, series: bool, points: int) -> None:
    """Tell how the calls in a recording were. FILE may be - for standard input."""
    if (series or points) and not as_json:
        raise click.UsageError("--series and --points go with --json.")
    result = _analyzed(file, series or points > 0 or page is not None or not as_json)
    name = "standard input" if file == "-" else Path(file).name
    from . import recordings

    if page is not None:
        from .analyze_html import page as page_of

        _write(page, [page_of(result, name)])
        if not as_json and page != "-":
            click.echo(f"{recordings.verdict(result)} Wrote {page}")
    if as_json:
        if not series and not points:
            _without_series(result)
        indent = 2 if sys.stdout.isatty() else None
        click.echo(json.dumps(recordings.thinned(result, points), indent=indent))
    elif page is None:
        from rich.console import Console

        from .analyze_text import report

        report(result, name, Console(highlight=False))


@click.command(
    epilog="\b\nExample:\n  callvitals export call.jsonl.gz --format rtcstats -o call.rtcstats\n\n"
    "OUT ending in .gz is gzipped. docs/recordings.md says what each format can hold."
)
@click.argument("file")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["rtcstats", "recording"]),
    default="rtcstats",
    help="rtcstats (dump, format 3), or a recording of callvitals.  [default: rtcstats]",
)
@click.option(
    "-o", "--output", "out", metavar="OUT", default="-", help="[default: standard output]"
)
def export(file: str, kind: str, out: str) -> None:
    """Write a recording in another format. FILE may be - for standard input."""
    from callvitals import dump, rtcstats

    with _open(file) as source:
        try:
            recording = dump.load(source)
            first = next(recording.moments, None)  # facts come with the first lines
            moments = _again(first, recording.moments)
            write = rtcstats.write if kind == "rtcstats" else dump.write
            _write(out, write(moments, recording.meta))
        except dump.RecordingError as error:
            fail(f"{file}: {error}")
    for line in recording.missing:
        print(f"Warning: missing: {line}", file=sys.stderr)


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    if first is not None:
        yield first
        yield from rest


def _without_series(result: dict[str, Any]) -> None:
    for connection in result["connections"]:
        connection.pop("series", None)


def _analyzed(file: str, series: bool) -> dict[str, Any]:
    from callvitals import dump

    from .analyze_export import analyze

    with _open(file) as source, _progress() as progress:
        try:
            size = os.fstat(source.fileno()).st_size if file != "-" else 0
            return analyze(source, series, progress, size)
        except dump.RecordingError as error:
            fail(f"{file}: {error}")
        except OSError as error:
            fail(f"cannot read {file}: {error.strerror or error}. {HELP}")


@contextmanager
def _open(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = open(file, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        fail(f"cannot open {file}: {error.strerror or error}. {HELP}")
    except ValueError:
        fail(f"cannot open such a name. {HELP}")
    with source:
        yield source


def _write(out: str, lines: Any) -> None:
    """Text to a file (gzipped if its name says so), or to standard output."""
    if out == "-":
        for line in lines:
            click.echo(line, nl=False)
        return
    try:
        if out.endswith(".gz"):
            import gzip

            with gzip.open(out, "wt", encoding="utf-8") as packed:
                packed.writelines(lines)
            return
        with open(out, "w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        fail(f"cannot write {out}: {error.strerror or error}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Analysing", total=None)

        def step(done: int, size: int) -> None:
            bar.update(task, completed=done, total=size or None)

        yield step
