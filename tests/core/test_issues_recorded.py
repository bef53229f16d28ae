"""Sentences, roots, and recorded calls: none on clean ones, outages within three samples."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from callvitals import dump, issue, kinds, sentence, session

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "captures"


def test_every_issue_has_its_sentences_and_no_placeholder_is_left() -> None:
    full = {"loss": 812, "rtt": 4500, "jitter": 333, "silentMs": 4000, "frozenMs": 2500}
    for name in issue.NAMES:
        causes = [said for said in sentence.SAID if said.split(":")[0] == name]
        assert causes, name
        for said in causes:
            cause = said.split(":")[1] if ":" in said else ""
            for evidence in ({}, full, full | {"participant": "Ann {x}"}):
                told = dict(evidence)
                if cause:
                    told[sentence.CAUSE[name]] = cause
                for over in (False, True):
                    text = sentence.sentence(name, told, over)
                    assert text.endswith("."), text
                    assert len(text) <= 120, text
                    assert not re.search(r"[{}]|None|  ", text.replace("Ann {x}", "Ann")), text
                    assert text[0].isupper()
                now, then = sentence.sentence(name, told), sentence.sentence(name, told, True)
                assert now != then or name == "clock-jump"
    assert sentence.sentence("of-a-plug-in", {}) == "of-a-plug-in"


def test_a_track_that_is_dry_is_told_as_sound_or_video() -> None:
    dry = {"kind": "video", "silentMs": 6000, "participant": "Ann"}
    said = sentence.sentence("dry-inbound-track", dry)
    assert said == "Nothing of incoming video from Ann has arrived for 6 s, though it is sent."
    said = sentence.sentence("dry-outbound-track", {"kind": "audio", "silentMs": 6000}, True)
    assert said == "Outgoing sound was captured and not sent for 6 s."


def test_roots_name_rules_that_exist_and_none_mutes_another_in_a_circle() -> None:
    roots = {rule[0]: set(rule[4]) for rule in issue.RULES}
    for name, mine in roots.items():
        assert mine <= set(issue.NAMES)
        reach = set(mine)
        for _ in roots:
            reach |= {far for near in reach for far in roots[near]}
        assert name not in reach
    assert len(issue.NAMES) == len(set(issue.NAMES))


def test_the_page_on_issues_is_made_from_the_rules() -> None:
    """Thresholds, sentences and roots; every rule has its notes."""
    command = [sys.executable, str(ROOT / "scripts" / "gen-issues.py")]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "issues.md").read_text() == made, "run scripts/gen-issues.py"
    assert not re.findall(r"\{[A-Z_]+", made)
    for name in issue.NAMES:
        assert f"### {name}\n" in made


def test_a_meeting_has_words_for_every_issue() -> None:
    known = {kind.split(":")[0] for kind in kinds.KINDS}
    assert set(issue.NAMES) <= known


CLEAN = [
    "aiortc-vs-chromium-clean",
    "chromium-bw250",  # narrow, and never short of it
    "chromium-clean",
    "chromium-events",
    "chromium-simulcast",  # a layer that never got bandwidth, a machine at 100 %
    "chromium-vs-aiortc-clean",
    "firefox-clean",
    "firefox-events",
    "lab/delay75",
    "public/safari-2020-sfu",
]


def recorded(name: str, keep: int = 1) -> list[tuple[float, str, dict[str, Any]]]:
    """(seconds from the start, opened or closed, event) of a capture, of every keep-th report."""
    one = session.Session()
    out = []
    start = None
    for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
        start = entry["t"] if start is None else start
        if entry["tick"] % keep:
            continue
        told = [event for event in one.feed(entry)["events"] if event["type"][:6] == "issue-"]
        out += [((entry["t"] - start) / 1000, event["type"][6:], event) for event in told]
    return out


@pytest.mark.parametrize("name", CLEAN)
def test_no_issue_on_a_clean_capture(name: str) -> None:
    """In reports up to 10 s apart, too: though a far end pauses in `chromium-events` for 5 s, and
    Chromium calls that a freeze, afterwards."""
    for keep in (1, 2, 3, 4, 5, 7, 10):
        assert recorded(name, keep) == [], keep


OUTAGES = ["outage", "outage-one-way", "outage-audio", "outage-audio-one-way", "firefox-outage"]


@pytest.mark.parametrize("name", OUTAGES)
def test_real_outages_open_and_close_within_three_samples(name: str) -> None:
    """Of 8 s and of 3 s, at both ends, in sound alone, too; and nothing is told on top of them."""
    with gzip.open(DATA / "lab" / f"{name}.truth.jsonl.gz", "rt") as file:
        steps = [line for line in map(json.loads, file) if "down" in line.get("set", {})]
    start = next(iter(dump.read(str(DATA / "lab" / f"{name}.jsonl.gz"))))["t"]
    downs = [(line["t"] - start) / 1000 for line in steps if line["set"]["down"]]
    ups = [(line["t"] - start) / 1000 for line in steps if not line["set"]["down"]]
    found = recorded(f"lab/{name}")
    opened = [(t, e) for t, what, e in found if what == "open" and e["name"] == "outage"]
    closed = [(t, e) for t, what, e in found if what == "close" and e["name"] == "outage"]
    assert len(opened) == len(closed) == 4, "two outages at two ends"
    for index, (t, event) in enumerate(opened):
        down = downs[index // 2]
        assert 0 < t - down <= 3.05
        assert abs((event["since"] - start) / 1000 - down) <= 1.05
    for t, event in closed:
        up = min(ups, key=lambda at: abs(at - t))
        assert -0.1 < t - up <= 3.05, "the truth's line is written just after"
        assert abs((event["until"] - start) / 1000 - up) <= 1.3
    assert {e["name"] for _t, _what, e in found} <= {"outage", "frozen-video"}
