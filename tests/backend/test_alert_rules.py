"""What rules are understood, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from callvitals_server.alert_config import BadAlertsError, Smtp, load
from callvitals_server.alert_rules import BadRuleError, rule

from .alert_kit import made

GOOD = """
[channels.ops]
type = "webhook"
url = "https://ops.example.com/hooks/${TOKEN}"
secret = "whsec_c2VjcmV0"
[channels.mail]
type = "email"
smtp = "smtps://me:p%40ss@mail.example.com"
from = "Calls <calls@example.com>"
to = ["ops@example.com"]
[meetings]
deliver = ["mail"]
verdicts = ["poor"]
[[rules]]
name = "many-poor"
on = "calls"
metric = "poor"
share = 0.2
for = "2m"
deliver = ["ops", "mail"]
[[rules]]
name = "slow"
on = "endpoints"
metric = "p95"
above = 1
per = "endpoint"
match = {service = "shop"}
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(GOOD)
    config = load(str(path), {"TOKEN": "t0k"})
    assert config.channels["ops"].url == "https://ops.example.com/hooks/t0k"  # type: ignore[union-attr]
    assert config.channels["ops"].target == "ops.example.com"
    many, slow = config.rules
    assert (many.lasting, many.window, many.least, many.limit, many.unit) == (
        120, 300, 5, 0.2, "ratio",
    )  # fmt: skip
    assert (slow.least, slow.limit, slow.unit, slow.match) == (20, 1.0, "s", {"service": "shop"})
    server = Smtp(config.channels["mail"].smtp)  # type: ignore[union-attr]
    assert (server.host, server.port, server.user, server.password, server.tls) == (
        "mail.example.com", 465, "me", "p@ss", True,
    )  # fmt: skip
    assert load("", {}).rules == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("share = 0.2", "share = 2"), "rule many-poor: share: Input should be less than or equal"),
        (('metric = "p95"', 'metric = "p96"'), "rule slow: metric: of endpoints one of errorShare"),
        (("above = 1", "above = 1\nbelow = 2"), "rule slow: give above or below"),
        (('["ops", "mail"]', '["nobody"]'), "rule many-poor: deliver: there is no channel nobody"),
        (('for = "2m"', 'for = "2 min"'), "rule many-poor: for: write a number of seconds, or 30s"),
        (("https://ops.", "ftp://ops."), "channels.ops.webhook.url: give it as https://"),
        (("${TOKEN}", "${NONE}"), "${NONE} is not in the environment"),
        (('name = "slow"', 'name = "many-poor"'), "two rules have the name many-poor"),
        (("[channels.ops]", "[channel.ops]"), "channel: Extra inputs are not permitted"),
        (("[[rules]]", "[[rules]"), "line"),
        (("c2VjcmV0", "!"), "channels.ops.webhook.secret: after whsec_ comes base64"),
        (('["ops@example.com"]', '["ops"]'), "channels.mail.email.to: 'ops' is no address"),
    ],
)
def test_a_bad_file_is_one_clear_line(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    path = tmp_path / "alerts.toml"
    text = GOOD.replace(*change)
    assert text != GOOD
    path.write_text(text)
    with pytest.raises(BadAlertsError) as error:
        load(str(path), {"TOKEN": "t0k"})
    told = str(error.value)
    assert told.startswith(f"{path}: ")
    assert complaint in told
    assert "\n" not in told
    assert "p%40ss" not in told


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadAlertsError, match="No such file"):
        load(str(tmp_path / "none.toml"), {})
    with pytest.raises(BadAlertsError, match="Is a directory"):
        load(str(tmp_path), {})
    path = tmp_path / "latin.toml"
    path.write_bytes(b'name = "\xe4"')
    with pytest.raises(BadAlertsError, match="UTF-8"):
        load(str(path), {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"on": "nothing"},
        {"name": "A b"},
        {"metric": "score"},  # neither above nor below
        {"metric": "poor", "share": 0.1, "above": 3},
        {"metric": "rtt", "above": 0.3, "clear": 0.4},
        {"metric": "score", "below": 3, "clear": 2},
        {"metric": "rtt", "above": float("nan")},
        {"per": "endpoint"},
        {"per": "participant", "share": 0.2},
        {"of": "meetings", "per": "meeting"},
        {"window": 5},
        {"window": "2d"},
        {"match": {"colour": "red"}},
        {"metric": "issue", "share": 0.1, "match": {"issue": "hich-loss"}},
        {"match": {"issue": "high-loss"}},
        {"severity": "terrible"},
        {"for": -1},
        {"deliver": ["x"] * 21},
        {"surprise": 1},
    ],
)
def test_rules_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRuleError) as error:
        rule({"name": "r", "on": "calls", "metric": "poor"} | wrong)
    assert str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_left_out_is_filled_in() -> None:
    assert (made(metric="issue").limit, made(metric="issue").least) == (0, 1)  # any at all
    assert made(per="meeting").least == 2
    silence = rule({"name": "r", "on": "endpoints", "metric": "rate", "below": 1})
    assert silence.least == 0
    loss = made(metric="lossIn", above=0.05, share=0.1)
    assert (loss.limit, loss.unit, loss.beyond(0.06), loss.beyond(0.05)) == (0.1, "ratio", True, 0)
    told = loss.told("api")
    assert rule({k: v for k, v in told.items() if k not in ("source", "unit")}) == loss
