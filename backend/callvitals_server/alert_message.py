"""What a channel is sent: JSON signed as Standard Webhooks has it, what Slack understands, mail.

An event: {"type": "alert.firing", "alert.resolved", "alert.test" or "meeting.ended", "at": epoch
ms, "data": {...}}. Pure. https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from .alert_config import WHSEC, Email, Webhook
from .alert_words import moment

_COLOURS = {"critical": "#c62828", "warning": "#ef8f00", "info": "#1565c0"}
_WELL = "#2e7d32"
_MAX_LINE = 200

Event = dict[str, Any]


def body(hook: Webhook, event: Event) -> bytes:
    """What is POSTed."""
    if hook.format == "slack":
        return orjson.dumps(slack(event))
    whole = {"type": event["type"], "timestamp": moment(event["at"]), "data": event["data"]}
    return orjson.dumps(whole)


def headers(hook: Webhook, key: str, content: bytes, now: int) -> dict[str, str]:
    """With the signature, where there is a secret. key: the same however often it is sent."""
    at = str(now // 1000)
    out = {
        "Content-Type": "application/json",
        "User-Agent": "callvitals",
        "Idempotency-Key": key,
        "webhook-id": key,
        "webhook-timestamp": at,
    }
    if hook.secret:
        out["webhook-signature"] = f"v1,{signature(hook.secret, key, at, content)}"
    return out


def signature(secret: str, key: str, at: str, content: bytes) -> str:
    """Base64 of HMAC-SHA256 over `key.at.content`."""
    raw = (
        base64.b64decode(secret.removeprefix(WHSEC))
        if secret.startswith(WHSEC)
        else secret.encode()
    )
    signed = f"{key}.{at}.".encode() + content
    return base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()


def slack(event: Event) -> dict[str, Any]:
    """`text` for what shows only that; an attachment with a colour for the others. Understood by
    Slack, Mattermost, Rocket.Chat and Discord's /slack addresses."""
    title, lines = title_of(event), lines_of(event)
    good = event["type"] == "alert.resolved" or event["data"].get("verdict") == "good"
    colour = _WELL if good else _COLOURS.get(event["data"].get("severity", "warning"), _WELL)
    url = event["data"].get("url")
    attachment: dict[str, Any] = {
        "fallback": _escaped(title),
        "color": colour,
        "text": _escaped("\n".join(lines)),
        "ts": event["at"] // 1000,
    }
    if url:
        attachment |= {"title": "Open in callvitals", "title_link": url}
    return {"text": f"*{_escaped(title)}*", "attachments": [attachment]}


def _escaped(text: str) -> str:
    """The three characters that Slack's text must not have as they are."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mail(channel: Email, event: Event, key: str) -> EmailMessage:
    """A plain message. Sent twice it has one Message-ID; what belongs together is one thread."""
    message = EmailMessage()
    domain = parseaddr(channel.sender)[1].rpartition("@")[2]
    message["Subject"] = _line(title_of(event))
    message["From"] = channel.sender
    message["To"] = ", ".join(channel.to)
    message["Date"] = format_datetime(datetime.fromtimestamp(event["at"] / 1000, UTC))
    message["Message-ID"] = f"<{key}@{domain}>"
    if event["type"] == "alert.resolved":
        first = f"<{key.replace('_resolved_', '_firing_', 1)}@{domain}>"
        message["In-Reply-To"] = message["References"] = first
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers, please
    url = event["data"].get("url")
    text = "\n".join(lines_of(event))
    message.set_content(f"{text}\n\n{url}\n" if url else f"{text}\n")
    return message


def title_of(event: Event) -> str:
    """One line."""
    data = event["data"]
    if event["type"] == "meeting.ended":
        return f"Meeting {data['meetingId']} ended: {data['verdict']}"
    word = {"alert.firing": "Firing", "alert.resolved": "Resolved", "alert.test": "Test"}
    return f"{word[event['type']]}: {data['rule']} ({data['subject']})"


def lines_of(event: Event) -> list[str]:
    """What there is to say, a line each."""
    data = event["data"]
    if event["type"] == "meeting.ended":
        return _meeting(data)
    lines = [data["sentence"]]
    if data["firedAt"]:
        lines.append(f"Firing since {moment(data['firedAt'])}.")
    if data["resolvedAt"]:
        lines.append(f"Resolved {moment(data['resolvedAt'])}.")
    return lines


def _meeting(data: dict[str, Any]) -> list[str]:
    lines = [
        f"From {moment(data['startedAt'])} to {moment(data['endedAt'])}, {data['minutes']} minutes"
        f" of all together, {data['poorMinutes']} of them poor."
    ]
    if data["sentence"]:
        lines.append(data["sentence"])
    lines += [
        f"{one['name'] or one['participantId']}: {one['verdict']}, {one['poorMinutes']} of"
        f" {one['minutes']} minutes poor"
        for one in data["who"]
    ]
    return lines


def _line(text: str) -> str:
    """Nothing that could end a header."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:_MAX_LINE]


def address(dashboard: str, about: dict[str, str], at: int) -> str:
    """Where the dashboard shows what an alert is about (the paths of its route.ts). at: when that
    was, in epoch ms, for the name of a meeting may be used again."""
    if "meetingId" in about:
        page = f"{dashboard}/m/{quote(about['meetingId'], safe='')}"
        who = about.get("participantId")
        page = page if who is None else f"{page}/p/{quote(who, safe='')}"
        return f"{page}?started={at}"
    if "route" in about:
        return f"{dashboard}/http/endpoint?{urlencode(about)}"
    return f"{dashboard}/alerts"
