"""The command `callvitals`. Errors are one line; what can be tried stands in it."""

from __future__ import annotations

import difflib
import errno
import html
import importlib
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console
from rich.markup import escape

from . import __version__
from .alert_cli import alerts
from .analyze_cli import analyze, export
from .failing import fail
from .history_cli import backup, meetings, restore
from .jobs_cli import jobs
from .settings import Settings, load
from .sizing_cli import sizing

_LAZY = {
    "synth": "Synthetic callers: real WebRTC calls, measured like any other.",
    "demo": "The service with synthetic callers, and a meeting to join.",
}

# Not the service's: the callers' ingest key, and what the tests understand.
_OTHERS = ("CALLVITALS_KEY", "CALLVITALS_CHROMIUM", "CALLVITALS_FIREFOX", "CALLVITALS_PYTHON")


class Commands(click.Group):
    """The callers' commands live in the extra `demo` and are imported when they are called. Errors
    are one line."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """As click's, but wrong usage is told in one line, too."""
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "callvitals"
            fail(f"{error.format_message()} Try: {path} --help", error.exit_code)
        except click.ClickException as error:
            fail(error.format_message(), error.exit_code)
        except click.Abort:
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours and theirs."""
        return [*super().list_commands(ctx), *_LAZY]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Also those of the extra; a line that says how to get it if it is missing."""
        if cmd_name not in _LAZY:
            return super().get_command(ctx, cmd_name)
        try:
            module = importlib.import_module("callvitals_demo.cli")
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "callvitals_demo":
                raise
            missing = error.name
            return _missing(cmd_name, missing)
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line each, without importing what is heavy."""
        own = [(name, cmd.get_short_help_str(80)) for name, cmd in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *_LAZY.items()])


def _missing(name: str, module: str | None) -> click.Command:
    @click.command(name, context_settings={"ignore_unknown_options": True})
    @click.argument("rest", nargs=-1)
    def missing(rest: tuple[str, ...]) -> None:
        del rest
        fail(f"{name} needs {module}. Try: pip install 'callvitals[demo]'")

    return missing


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog="\b\nExamples:\n"
    "  callvitals serve                        the service on http://127.0.0.1:8000\n"
    "  callvitals serve -p 0 --data ./history  a free port, its own folder\n"
    "  callvitals snippet --meeting standup    the tag for your page\n"
    "  callvitals synth http://127.0.0.1:8000 --callers 2 --scenario wifi\n"
    "  callvitals demo                         all of it at once\n"
    "  callvitals analyze webrtc_internals_dump.gz",
)
@click.version_option(__version__, prog_name="callvitals")
@click.pass_context
def main(context: click.Context) -> None:
    """Vital signs of every WebRTC call."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@main.command(
    epilog="\b\nExamples:\n"
    "  callvitals serve                        on http://127.0.0.1:8000\n"
    "  callvitals serve -p 0 --data ./history  a free port, its own folder\n"
    "  callvitals serve --host 0.0.0.0 --token SECRET\n\n"
    "Every setting can stand in the environment or in .env as CALLVITALS_<NAME>: see the"
    " documentation's configuration page."
)
@click.option("--host", help="Address to bind.  [default: 127.0.0.1]")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    help="Port; 0 takes a free one.  [default: 8000]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the history.  [default: callvitals-data]",
)
@click.option("--token", help="What opens the dashboard; none: no token is asked for on loopback.")
@click.option(
    "--sync",
    type=click.Choice(["normal", "full"]),
    help="What was acknowledged survives a crash; with full, power loss, too.  [default: normal]",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="[default: warning]",
)
@click.option("--with-parent", is_flag=True, hidden=True, help="End when stdin ends.")
def serve(with_parent: bool, **flags: Any) -> None:
    """Run the service: ingest, history, dashboard."""
    began = time.monotonic()
    given = {name: value for name, value in flags.items() if value is not None}
    settings = load(given)
    for line in strangers(os.environ):
        print(f"Warning: {line}", file=sys.stderr)
    if with_parent:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    listener = bind(settings.host, settings.port)
    changes: dict[str, Any] = {"port": listener.getsockname()[1]}
    open_to_all = not settings.loopback and not settings.token
    if open_to_all:
        changes["token"] = secrets.token_urlsafe(18)
    run(settings.model_copy(update=changes), listener, began, open_to_all)


@main.command(
    epilog="\b\nExample:\n  callvitals snippet --meeting standup --url https://vitals.example.com"
)
@click.option("--meeting", required=True, help="The meeting's id.")
@click.option("--participant", default="", help="The participant's id, if known.")
@click.option("--url", help="Where pages reach the service.  [default: as `serve` would]")
def snippet(meeting: str, participant: str, url: str | None) -> None:
    """Print the script tag for a page."""
    given = {} if url is None else {"public_url": url}
    click.echo(tag(load(given).url, meeting, participant))


main.add_command(alerts)
main.add_command(analyze)
main.add_command(export)
main.add_command(meetings)
main.add_command(backup)
main.add_command(restore)
main.add_command(sizing)
main.add_command(jobs)


def tag(url: str, meeting: str, participant: str = "") -> str:
    """The script tag. `crossorigin` lets the browser tell the page its own errors in full."""
    parts = [f'src="{html.escape(url)}/sdk.js"', "crossorigin"]
    parts.append(f'data-meeting="{html.escape(meeting)}"')
    if participant:
        parts.append(f'data-participant="{html.escape(participant)}"')
    return f"<script {' '.join(parts)}></script>"


def end_with_stdin() -> None:
    """Wait for the end of stdin, a pipe from who started us, and end as by SIGTERM: however the
    parent went, by `kill -9` too, we do not stay behind."""
    while os.read(0, 4096):  # the bare descriptor: no lock is held when we go otherwise
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def strangers(environment: Mapping[str, str]) -> list[str]:
    """A line for each CALLVITALS_* that is no setting: a slip there may leave a door open."""
    known = [f"CALLVITALS_{name.upper()}" for name in Settings.model_fields]
    lines = []
    for name in sorted(environment):
        if name.upper().startswith("CALLVITALS_") and name.upper() not in [*known, *_OTHERS]:
            close = difflib.get_close_matches(name.upper(), known, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            lines.append(f"{name} is no setting and has no effect.{hint}")
    return lines


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or one line that says why not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        is_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        other = "-p 0" if is_port else "--host 127.0.0.1"
        fail(f"cannot listen on {where}: {error.strerror}. Try: callvitals serve {other}")
    return listener


def run(settings: Settings, listener: socket.socket, began: float, show_token: bool) -> None:
    """Serve until SIGTERM or SIGINT."""
    import uvicorn

    from .alert_config import BadAlertsError
    from .app import create_app
    from .door import MAX_READ
    from .records import StorageError

    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        app = create_app(settings)
    except StorageError as error:
        listener.close()
        fail(f"{error}. Try: callvitals serve --data OTHER_FOLDER")
    except BadAlertsError as error:
        listener.close()
        fail(f"CALLVITALS_ALERTS: {error}", 2)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=MAX_READ,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # Engine.IO has its own
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=3,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                banner(settings, time.monotonic() - began, show_token)

    server = Server(config)

    def end(*_: object) -> None:
        server.should_exit = True

    # For a signal that comes before uvicorn listens to them, and for those that it raises again
    # once it has shut down: that is the end we want, no error.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)


def banner(settings: Settings, seconds: float, show_token: bool) -> None:
    """Three lines with what to open."""
    console = Console(highlight=False, soft_wrap=True)
    key = f"?token={quote(settings.token)}" if show_token else ""
    console.print(
        f"[bold]callvitals {__version__}[/]  ready in {seconds:.1f} s"
        f"        data: {escape(str(settings.data))}"
    )
    console.print(f"├─ Dashboard   {settings.url}/{key}")
    console.print(f"└─ Snippet     {escape(tag(settings.url, 'my-room'))}")
    if show_token:
        print(
            "Warning: reachable from other machines. The dashboard is locked with the token above,"
            " made for this run; set CALLVITALS_TOKEN to keep one.",
            file=sys.stderr,
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main(prog_name="callvitals")
