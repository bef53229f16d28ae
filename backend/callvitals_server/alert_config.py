"""The file of CALLVITALS_ALERTS: channels, rules, and who is told of meetings that ended.

    [channels.ops]
    type = "webhook"
    url = "https://ops.example.com/hooks/calls"
    secret = "${OPS_SECRET}"

    [[rules]]
    name = "many-poor"
    ...

`${NAME}` in an address or a secret is the environment's. docs/alerts.md.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .alert_rules import Name, Rule, said

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
WHSEC = "whsec_"


class BadAlertsError(ValueError):
    """The file makes no sense: one line that says where."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Webhook(_Part):
    """POSTs to an address."""

    type: Literal["webhook"]
    url: Annotated[str, Field(max_length=2048)]
    secret: Annotated[str, Field(max_length=256)] = ""
    format: Literal["json", "slack"] = "json"

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if _host(value, ("http", "https")) is None:
            raise ValueError("give it as https://HOST/… or http://HOST/…")
        return value

    @field_validator("secret")
    @classmethod
    def _key(cls, value: str) -> str:
        if value.startswith(WHSEC):
            try:
                base64.b64decode(value.removeprefix(WHSEC), validate=True)
            except binascii.Error:
                raise ValueError("after whsec_ comes base64") from None
        return value

    @property
    def target(self) -> str:
        """Whither, without what may be secret: many services have it in the path."""
        return str(_host(self.url, ("http", "https")))


class Email(_Part):
    """Sends mail."""

    type: Literal["email"]
    smtp: Annotated[str, Field(max_length=1024)]
    sender: Annotated[str, Field(alias="from", max_length=256)]
    to: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]

    @field_validator("smtp")
    @classmethod
    def _server(cls, value: str) -> str:
        if _host(value, ("smtp", "smtps")) is None:
            raise ValueError("give it as smtp://USER:PASSWORD@HOST:PORT or smtps://…")
        return value

    @field_validator("sender", "to")
    @classmethod
    def _addresses(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for one in (value,) if isinstance(value, str) else value:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(one)[1]) or re.search(r"[\r\n]", one):
                raise ValueError(f"{one[:64]!r} is no address")
        return value

    @property
    def target(self) -> str:
        """Whither."""
        return ", ".join(self.to)


Channel = Annotated[Webhook | Email, Field(discriminator="type")]


class Meetings(_Part):
    """Who is told of meetings that ended, and of which."""

    deliver: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    verdicts: tuple[Literal["good", "fair", "poor", "unknown"], ...] = ("poor", "fair", "good")


class Config(_Part):
    """All of the file."""

    channels: dict[Name, Channel] = {}
    rules: tuple[Rule, ...] = ()
    meetings: Meetings | None = None

    @model_validator(mode="after")
    def _whole(self) -> Config:
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two rules have the name {name}")
        for rule in self.rules:
            missing = self.missing(rule.deliver)
            if missing:
                raise ValueError(f"rule {rule.name}: {missing}")
        missing = self.missing(self.meetings.deliver if self.meetings else ())
        if missing:
            raise ValueError(f"meetings: {missing}")
        return self

    def missing(self, deliver: tuple[str, ...]) -> str:
        """What is wrong with a rule's `deliver`, "" if nothing is."""
        unknown = [name for name in deliver if name not in self.channels]
        return f"deliver: there is no channel {unknown[0]}" if unknown else ""


def load(path: str, environment: Mapping[str, str]) -> Config:
    """Of a file; "" is none. Raises BadAlertsError."""
    if not path:
        return Config()
    try:
        text = Path(path).read_text("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise BadAlertsError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadAlertsError(f"{path}: this is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadAlertsError(f"{path}: {error}") from None
    try:
        return Config.model_validate(_filled(data, environment))
    except ValidationError as error:
        raise BadAlertsError(f"{path}: {_named(said(error), data)}") from None
    except KeyError as error:
        raise BadAlertsError(f"{path}: ${{{error.args[0]}}} is not in the environment") from None


def _named(complaint: str, data: dict[str, Any]) -> str:
    """`rules.3.metric: …` with the rule's name, where it has one."""
    found = re.match(r"rules\.(\d+)\.?", complaint)
    try:
        name = data["rules"][int(found[1])]["name"] if found else None
    except (KeyError, TypeError, IndexError):
        name = None
    if found is None or not isinstance(name, str):
        return complaint
    return f"rule {name[:64]}: {complaint[found.end() :].removeprefix(': ')}"


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    """With the environment's values in the channels' texts. Raises KeyError."""
    channels = value.get("channels")
    if not isinstance(channels, dict):
        return value

    def fill(text: Any) -> Any:
        if not isinstance(text, str):
            return text
        return re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], text)

    filled = {
        name: {key: fill(one) for key, one in channel.items()}
        if isinstance(channel, dict)
        else channel
        for name, channel in channels.items()
    }
    return {**value, "channels": filled}


def _host(url: str, schemes: tuple[str, ...]) -> str | None:
    """An address's host; None: it is none of these schemes."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts.hostname if good and not re.search(r"[\s\x00-\x1f]", url) else None


class Smtp:
    """Where to hand mail in, out of `smtp://USER:PASSWORD@HOST:PORT`."""

    __slots__ = ("host", "password", "port", "tls", "user")

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.tls = parts.scheme == "smtps"
        self.host = parts.hostname or ""
        self.port = parts.port or (465 if self.tls else 587 if parts.username else 25)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")

    @property
    def near(self) -> bool:
        """It is this machine's."""
        return self.host in _LOOPBACK or self.host.startswith("127.")
