"""`callvitals alerts`: look over a file of rules, see what fires, send a test."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console
from rich.markup import escape

from .alert_config import BadAlertsError, load
from .alert_words import amount, span
from .failing import fail
from .settings import load as settings_of

EXAMPLE = """\
# callvitals serve with CALLVITALS_ALERTS=alerts.toml. What all of it means: docs/alerts.md

[channels.ops]
type = "webhook"
url = "https://ops.example.com/hooks/callvitals"
# secret = "${OPS_SECRET}"        # of the environment; signed as Standard Webhooks are

[channels.chat]
type = "webhook"
format = "slack"                  # Slack, Mattermost, Rocket.Chat, Discord's /slack
url = "https://chat.example.com/hooks/0123456789"

[channels.mail]
type = "email"
smtp = "smtp://mail.example.com:587"
from = "callvitals@example.com"
to = ["oncall@example.com"]

[meetings]                        # a summary of each meeting that went badly
deliver = ["chat"]
verdicts = ["poor"]

[[rules]]
name = "many-poor"                # one participant in five has a poor call
on = "calls"
metric = "poor"
share = 0.2
window = "5m"
for = "2m"
severity = "critical"
deliver = ["ops", "mail"]

[[rules]]
name = "failed-joins"
on = "calls"
metric = "failedJoins"
share = 0.1
minSample = 10
window = "15m"
deliver = ["ops"]

[[rules]]
name = "lossy-meeting"            # an alert for each meeting
on = "calls"
per = "meeting"
metric = "lossIn"
above = 0.05
deliver = ["chat"]

[[rules]]
name = "api-errors"               # an alert for each endpoint
on = "endpoints"
per = "endpoint"
metric = "errorShare"
above = 0.05
minSample = 50
deliver = ["ops"]

[[rules]]
name = "api-slow"
on = "endpoints"
metric = "p95"
above = 1.5
for = "5m"
deliver = ["chat"]
"""
_COLOURS = {"firing": "red", "pending": "yellow", "resolved": "green"}

_url = click.option("--url", help="The service.  [default: where `serve` would be]")
_token = click.option("--token", help="What opens its dashboard.  [default: CALLVITALS_TOKEN]")


@click.group(
    epilog="\b\nExamples:\n"
    "  callvitals alerts example > alerts.toml  a file to begin with\n"
    "  callvitals alerts check alerts.toml\n"
    "  CALLVITALS_ALERTS=alerts.toml callvitals serve\n"
    "  callvitals alerts list\n"
    "  callvitals alerts test many-poor"
)
def alerts() -> None:
    """Rules that tell you when calls or endpoints go wrong."""


@alerts.command()
def example() -> None:
    """Print a file of rules to begin with."""
    click.echo(EXAMPLE, nl=False)


@alerts.command()
@click.argument("path", type=click.Path())
def check(path: str) -> None:
    """Look over a file of rules and channels."""
    try:
        config = load(path, os.environ)
    except BadAlertsError as error:
        fail(str(error), 2)
    console = Console(highlight=False, soft_wrap=True)
    for name, channel in sorted(config.channels.items()):
        console.print(f"channel {name}: {channel.type} to {escape(channel.target)}")
    for rule in config.rules:
        way = "at least" if rule.share is not None else "below" if rule.falling else "above"
        told = ", ".join(rule.deliver) or "nobody, the dashboard shows it"
        console.print(
            f"rule {rule.name}: {rule.metric} of {rule.on}, {way} {amount(rule.limit, rule.unit)}"
            f" for {span(rule.lasting)}; tells {told}"
        )


@alerts.command("list")
@_url
@_token
@click.option("--json", "as_json", is_flag=True, help="The service's answer as it is.")
def list_(url: str | None, token: str | None, as_json: bool) -> None:
    """What fires, what threatens to, and what was lately."""
    found = ask(url, token, "?limit=50")
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    if not found["items"]:
        console.print("No alerts.")
    for one in found["items"]:
        at = datetime.fromtimestamp(one["since"] / 1000).astimezone().isoformat(" ", "seconds")
        quiet = " (silenced)" if one["silenced"] else ""
        console.print(
            f"[{_COLOURS[one['state']]}]{one['state']:8}[/] {at}  {one['rule']}{quiet}"
            f"  {escape(one['subject'])}: {escape(one['sentence'])}"
        )


@alerts.command()
@click.argument("rule")
@_url
@_token
def test(rule: str, url: str | None, token: str | None) -> None:
    """Send a test to the channels of a rule of a running service."""
    found = ask(url, token, f"/rules/{quote(rule, safe='')}/test", "POST")
    if not found["results"]:
        fail(f'{rule} tells nobody. Try: give it a channel, deliver = ["…"]')
    for one in found["results"]:
        click.echo(f"{one['channel']}: {'told' if one['ok'] else one['error']}")
    if not all(one["ok"] for one in found["results"]):
        fail("not everybody was told")


def ask(url: str | None, token: str | None, path: str, method: str = "GET") -> Any:
    """The service's answer; one line and the end, if there is none."""
    settings = settings_of({})
    where = settings.url if url is None else url.rstrip("/")
    shown = settings.token if token is None else token
    headers = {"Authorization": f"Bearer {shown}"} if shown else {}
    try:
        request = urllib.request.Request(
            f"{where}/api/alerts{path}", headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            fail(f"the service answered {error.code}: {_detail(error.read())}")
    except ValueError as error:
        fail(f"{where}: {error}. Try: --url http://127.0.0.1:8000", 2)
    except OSError as error:
        why = getattr(error, "reason", error)
        fail(f"no service at {where}: {why}. Try: callvitals serve")


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return "no reason was given"
