"""What an alert rule is: checked, with its defaults filled in, from the file and from REST alike.

    {"name": "many-poor", "on": "calls", "metric": "poor", "share": 0.2, "for": 60, "window": 300}

Pure. Values are in base units (s, bit/s, 0 to 1, scores 1 to 5), times in s. docs/alerts.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from callvitals import fields
from callvitals.kinds import KINDS
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BACK = 0.1  # how far inside of its limit a value has to be to count as well again


@dataclass(frozen=True, slots=True)
class Metric:
    """What a rule can look at. flag: true or false of each participant, to be counted."""

    unit: str
    words: str
    flag: bool = False


def _headline(name: str) -> Metric:
    _scale, unit, _worse, label = fields.SERIES[name]
    return Metric(unit, label.lower() if name != "rtt" else "round trip")


CALLS: dict[str, Metric] = {
    "poor": Metric("", "rated poor", True),
    "issue": Metric("", "with an issue", True),
    "failedJoins": Metric("", "never connected", True),
    **{name: _headline(name) for name in fields.HEADLINE},
}
ENDPOINTS: dict[str, Metric] = {
    "errorShare": Metric("ratio", "share of errors"),
    "abortedShare": Metric("ratio", "share of aborted requests"),
    "errors": Metric("", "errors"),
    "count": Metric("", "requests"),
    "rate": Metric("1/s", "requests"),
    "p50": Metric("s", "p50 of the duration"),
    "p95": Metric("s", "p95 of the duration"),
    "p99": Metric("s", "p99 of the duration"),
    "mean": Metric("s", "mean duration"),
    "max": Metric("s", "longest duration"),
    "requestBytes": Metric("bytes", "bytes received"),
    "responseBytes": Metric("bytes", "bytes sent"),
    "users": Metric("", "users"),
}
# Of an endpoint nobody asks for these are 0, not unknown.
COUNTS = ("count", "rate", "errors", "requestBytes", "responseBytes", "users")

FLAGS = tuple(name for name, metric in CALLS.items() if metric.flag)

_MATCH = {
    "calls": ("meeting", "participant", "browser", "os", "engine", "issue"),
    "endpoints": ("service", "route", "method"),
}
_PER = {"calls": ("all", "meeting", "participant"), "endpoints": ("all", "endpoint")}
_LEAST = {"all": 5, "meeting": 2, "participant": 1}
_LEAST_REQUESTS = 20
_WINDOWS = {"calls": (10, 3600), "endpoints": (60, 86_400)}
ISSUES = sorted({kind.split(":")[0] for kind in KINDS})


def seconds(value: Any) -> Any:
    """A number of s, or text like `30s`, `5m`, `2h`."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,6})([smhd])", value)
        if found is None:
            raise ValueError("write a number of seconds, or 30s, 5m, 2h")
        return int(found[1]) * _SECONDS[found[2]]
    return value


Seconds = Annotated[int, BeforeValidator(seconds), Field(ge=0, le=7 * 86_400)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=256)]


class Rule(BaseModel):
    """One rule. Equal to another where they say the same."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Name
    on: Literal["calls", "endpoints"]
    metric: str
    above: float | None = None
    below: float | None = None
    share: Annotated[float | None, Field(gt=0, le=1)] = None
    clear: float | None = None
    of: Literal["participants", "meetings"] = "participants"
    per: Literal["all", "meeting", "participant", "endpoint"] = "all"
    lasting: Annotated[Seconds, Field(alias="for")] = 60
    window: Seconds = 300
    hold: Seconds = 60
    least: Annotated[int, Field(alias="minSample", ge=0, le=10**9)]
    match: dict[str, Pattern] = {}
    severity: Literal["critical", "warning", "info"] = "warning"
    deliver: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    enabled: bool = True

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, data: Any) -> Any:
        """What is meant where it is left out: any at all of a flag; enough of a sample."""
        if not isinstance(data, dict):
            return data
        data = {name: value for name, value in data.items() if value is not None}
        counted = data.get("metric") in FLAGS and "share" not in data
        if counted:
            data.setdefault("above", 0)
        if "minSample" in data:
            return data
        if data.get("on") != "endpoints":
            least = 1 if counted else _LEAST.get(str(data.get("per", "all")), 1)
        else:
            # Silence is what such a rule may be waiting for.
            least = 0 if data.get("below") is not None else _LEAST_REQUESTS
            if data.get("metric") in COUNTS and data.get("share") is None:
                least = 0
        return {**data, "minSample": least}

    @model_validator(mode="after")
    def _sense(self) -> Rule:
        known = CALLS if self.on == "calls" else ENDPOINTS
        if self.metric not in known:
            raise ValueError(f"metric: of {self.on} one of {', '.join(known)}")
        if self.per not in _PER[self.on]:
            raise ValueError(f"per: of {self.on} one of {', '.join(_PER[self.on])}")
        low, high = _WINDOWS[self.on]
        if not low <= self.window <= high:
            raise ValueError(f"window: of {self.on} {low} to {high} s")
        if self.of == "meetings" and (self.on != "calls" or self.per != "all"):
            raise ValueError("of: meetings are counted with on = calls and per = all")
        if self.of == "meetings" and self.metric == "failedJoins":
            raise ValueError("of: it is participants that join")
        self._matches()
        self._limits()
        return self

    def _matches(self) -> None:
        for name in self.match:
            if name not in _MATCH[self.on]:
                raise ValueError(f"match: of {self.on} {', '.join(_MATCH[self.on])}")
        if "issue" in self.match and self.metric != "issue":
            raise ValueError("match.issue: goes with the metric issue")
        for name in self.match.get("issue", "").split(","):
            if name and name.strip() not in ISSUES:
                raise ValueError(f"match.issue: {name.strip()[:40]!r} is no type of issue")

    def _limits(self) -> None:
        if self.flag:
            if self.below is not None or None not in (self.share, self.above):
                raise ValueError(f"{self.metric}: give share (of all) or above (how many)")
        elif (self.above is None) == (self.below is None):
            raise ValueError("give above or below, one of them")
        if self.share is not None and self.per in ("participant", "endpoint"):
            raise ValueError("share: is of several; leave per or share out")
        if self.clear is not None:
            wrong = self.clear < self.limit if self.falling else self.clear > self.limit
            if wrong:
                raise ValueError("clear: lies on the good side of the limit")

    @property
    def about(self) -> Metric:
        """What it looks at."""
        return (CALLS if self.on == "calls" else ENDPOINTS)[self.metric]

    @property
    def flag(self) -> bool:
        """Its metric is true or false of each."""
        return self.about.flag

    @property
    def falling(self) -> bool:
        """It is low values that are bad."""
        return self.share is None and self.below is not None

    @property
    def limit(self) -> float:
        """What the rule's value is compared to: `share`, `above` or `below`."""
        chosen = next(x for x in (self.share, self.above, self.below) if x is not None)
        return float(chosen)

    @property
    def unit(self) -> str:
        """Of the rule's value: ratio, s, bit/s, bytes, 1/s, or "" of scores and numbers."""
        return "ratio" if self.share is not None else self.about.unit

    @property
    def well(self) -> float:
        """Where a value has to be to count as well again."""
        if self.clear is not None:
            return self.clear
        inward = _BACK * abs(self.limit)
        return self.limit + inward if self.falling else self.limit - inward

    def met(self, value: float) -> bool:
        """Is it as bad as the rule says?"""
        if self.share is not None:
            return value >= self.limit
        return value < self.limit if self.falling else value > self.limit

    def back(self, value: float) -> bool:
        """Is it well again? In between it is neither, so that nothing flaps."""
        if self.met(value):
            return False
        return value >= self.well if self.falling else value <= self.well

    def beyond(self, value: float) -> bool:
        """Is one participant's value beyond above or below? Of a rule with a share."""
        if self.below is not None:
            return value < self.below
        return self.above is not None and value > self.above

    def told(self, source: str) -> dict[str, Any]:
        """As REST tells it."""
        return {**self.model_dump(by_alias=True, mode="json"), "source": source, "unit": self.unit}


class BadRuleError(ValueError):
    """One line that says what is wrong."""


def rule(data: Any) -> Rule:
    """Of plain values. Raises BadRuleError."""
    try:
        return Rule.model_validate(data)
    except ValidationError as error:
        raise BadRuleError(said(error)) from None


def said(error: ValidationError) -> str:
    """Its first complaint, in one line."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
