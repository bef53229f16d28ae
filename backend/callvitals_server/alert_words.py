"""Numbers and subjects of alerts as people read them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from .alert_rules import Rule


def amount(value: float, unit: str) -> str:
    """`180 ms`, `24 %`, `1.2 Mbit/s`."""
    if unit == "ratio":
        return f"{_short(value * 100)} %"
    if unit == "s":
        return f"{_short(value * 1000)} ms" if abs(value) < 1 else f"{_short(value)} s"
    if unit in ("bit/s", "bytes"):
        step = next((s for s in (10**9, 10**6, 10**3) if abs(value) >= s), 1)
        prefix = {10**9: "G", 10**6: "M", 10**3: "k", 1: ""}[step]
        base = "bit/s" if unit == "bit/s" else ("B" if prefix else "bytes")
        return f"{_short(value / step)} {prefix}{base}"
    return f"{_short(value)} a second" if unit == "1/s" else _short(value)


def _short(value: float) -> str:
    """Three digits that count, no exponent."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(seconds: int) -> str:
    """`45 s`, `5 min`, `2 h`."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def moment(at: int) -> str:
    """Epoch ms as ISO 8601, UTC."""
    return (
        datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )


def sentence(rule: Rule, value: float, sample: int, where: str) -> str:
    """A reading in words: `Rated poor: 24 % of 210 participants in 5 min. Limit: 20 %.` where: ""
    of all, or the subject's name."""
    say = _of_calls if rule.on == "calls" else _of_endpoints
    return f"{say(rule, value, sample, where)} in {span(rule.window)}. {_limit(rule)}"


def _of_calls(rule: Rule, value: float, sample: int, where: str) -> str:
    if rule.per == "participant":
        told = where if rule.flag else f"{amount(value, rule.unit)} for {where}"
    else:
        who = "joins" if rule.metric == "failedJoins" else rule.of
        of = f"of {sample:,} {who if sample != 1 else who[:-1]}" + (f" of {where}" if where else "")
        told = f"{amount(value, rule.unit)} {of}"
    return f"{_what(rule)}: {told}"


def _of_endpoints(rule: Rule, value: float, sample: int, where: str) -> str:
    place = f" at {where}" if where else ""
    what = "endpoint" if rule.share is not None else "request"
    of = f"of {sample:,} {what}{'' if sample == 1 else 's'}"
    return f"{_what(rule)}{place}: {amount(value, rule.unit)} {of}"


def _what(rule: Rule) -> str:
    what = rule.about.words
    if rule.metric == "issue" and "issue" in rule.match:
        what = f"with {rule.match['issue']}"
    if rule.share is not None and not rule.flag:
        way = "above" if rule.above is not None else "below"
        beyond = rule.above if rule.above is not None else rule.below
        what += f" {way} {amount(beyond or 0, rule.about.unit)}"
    elif rule.on == "calls" and not rule.flag and rule.per != "participant":
        what = f"mean {what}"
    return what[0].upper() + what[1:]


def _limit(rule: Rule) -> str:
    if rule.flag and rule.share is None and rule.limit == 0:
        return "Limit: none."
    return f"Limit: {amount(rule.limit, rule.unit)}."
