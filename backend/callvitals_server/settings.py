"""Settings: flags, then CALLVITALS_* in the environment, then `.env`, then these defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .failing import fail
from .records import Keep, duration

LOOPBACK = ("127.0.0.1", "::1", "localhost")

Words = Annotated[tuple[str, ...], NoDecode]
Engine = Literal["auto", "pyodide", "micropython"]


class Settings(BaseSettings):
    """All there is to set. Lists are written with commas."""

    model_config = SettingsConfigDict(
        env_prefix="CALLVITALS_", env_file=".env", extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", min_length=1, description="address to bind")
    port: int = Field(8000, ge=0, le=65535, description="port to bind; 0 takes a free one")
    data: Path = Field(Path("callvitals-data"), description="folder of the history")
    sync: Literal["normal", "full"] = Field(
        "normal", description="full: what was acknowledged survives power loss, too"
    )
    keys: Words = Field((), description="ingest keys; none: no key is asked for")
    origins: Words = Field(
        ("*",), description="origins whose pages may send; `https://*.example.com` is understood"
    )
    token: str = Field("", description="opens the dashboard; asked for once in the address")
    public_url: str = Field("", description="how browsers reach this service, if not by host:port")
    message_seconds: int = Field(10, ge=1, le=300, description="a page's message interval")
    sample_seconds: int = Field(0, ge=0, le=60, description="sampling interval; 0: automatic")
    share: int = Field(100, ge=0, le=100, description="percent of the sessions to measure")
    engine: Engine = Field("auto", description="engine that pages are told to use")
    off: bool = Field(False, description="tell all pages to stop measuring")
    max_sockets: int = Field(20_000, ge=1, description="pages connected at once")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="what is written to stderr"
    )
    keep_raw: str = Field("48h", description="how long ticks are kept: `90m`, `48h`, `30d`")
    keep_minutes: str = Field(
        "30d", description="how long minutes, events and last states are kept"
    )
    keep_hours: str = Field("400d", description="how long hours, meetings and tallies are kept")
    http_token: str = Field(
        "", description="what middlewares elsewhere show; none is needed where --host is loopback"
    )
    watch_self: bool = Field(True, description="count the requests to this service, too")
    alerts: str = Field(
        "", description="file with the rules and channels of alerts (docs/alerts.md)"
    )
    redis_url: str = Field("", description="grown mode: Redis, together with PostgreSQL")
    database_url: str = Field(
        "", description="grown mode: postgresql://USER:PASSWORD@HOST/NAME, together with Redis"
    )

    @field_validator("keys", "origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            known = parts.scheme in ("http", "https") and bool(parts.hostname)
            known = known and not parts.query and not parts.fragment
        except ValueError:  # half an IPv6 address
            known = False
        if value and not known:
            raise ValueError("give it as https://HOST or http://HOST:PORT")
        return value.rstrip("/")

    @field_validator("token", "http_token")
    @classmethod
    def _bearer(cls, value: str) -> str:
        # It travels in an address, a cookie and a header.
        if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", value):
            raise ValueError("only letters, digits and -._~+/= can stand in a token")
        return value

    @field_validator("keep_raw", "keep_minutes", "keep_hours")
    @classmethod
    def _duration(cls, value: str) -> str:
        duration(value)
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("give it as redis://USER:PASSWORD@HOST:PORT/0")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("give it as postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @model_validator(mode="after")
    def _kept(self) -> Settings:
        keep = self.keep()
        if not keep.raw <= keep.minutes <= keep.hours:
            raise ValueError("keep ticks no longer than minutes, and minutes no longer than hours")
        return self

    @model_validator(mode="after")
    def _mode(self) -> Settings:
        if bool(self.redis_url) != bool(self.database_url):
            raise ValueError(
                "CALLVITALS_REDIS_URL and CALLVITALS_DATABASE_URL go together; set both or none"
            )
        return self

    def keep(self) -> Keep:
        """For how long what is kept."""
        ages = (self.keep_raw, self.keep_minutes, self.keep_hours)
        return Keep(*(duration(age) for age in ages))

    @property
    def loopback(self) -> bool:
        """Only this machine can reach the service."""
        return self.host in LOOPBACK or self.host.startswith("127.")

    @property
    def url(self) -> str:
        """How browsers reach this service, without a slash at the end."""
        if self.public_url:
            return self.public_url
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def config(self) -> dict[str, object]:
        """The wire's `config`: what pages are told to do (rule 13), unless somebody changes it
        while the service runs (remote.py)."""
        return {
            "messageSeconds": self.message_seconds,
            "sampleSeconds": self.sample_seconds,
            "share": self.share,
            "engine": self.engine,
            "off": self.off,
        }


def load(given: dict[str, Any]) -> Settings:
    """Flags over environment over `.env` over defaults; a usage error when they make no sense."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        flag = "--url" if where == "public_url" else f"--{where}"
        name = f"{flag if where in given else f'CALLVITALS_{where.upper()}'}: " if where else ""
        fail(f"{name}{message}", 2)
