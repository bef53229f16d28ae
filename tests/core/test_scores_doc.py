"""docs/scores.md and its chart say what the code does; the published formulas are the published."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from callvitals import issue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made() -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("gen_scores", ROOT / "scripts" / "gen-scores.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_and_charts_are_as_made_from_the_code(made: ModuleType) -> None:
    for path, text in made.files().items():
        assert path.read_text() == text, f"python scripts/gen-scores.py ({path.name})"
        if path.suffix == ".svg":
            assert ElementTree.fromstring(text).get("viewBox")


def test_every_cause_is_explained(made: ModuleType) -> None:
    assert set(made.MEANING) == set(issue.CAUSES)


@pytest.mark.parametrize(
    ("loss", "rtt", "numbers"),
    [
        (0.00, 50, (4.34, 4.34, 4.34, 4.32, 4.36)),
        (0.05, 50, (3.66, 3.66, 4.32, 3.89, 3.96)),
        (0.20, 50, (2.24, 2.24, 4.29, 2.02, 2.10)),
        (0.50, 50, (1.37, 1.37, 4.21, 3.01, 1.00)),
        (0.00, 1000, (4.50, 1.76, 1.76, 1.08, 1.00)),
        (0.00, 2000, (4.50, 1.00, 1.00, 5.00, 1.00)),
    ],
)
def test_the_published_formulas_give_the_published_numbers(
    made: ModuleType, loss: float, rtt: float, numbers: tuple[float, ...]
) -> None:
    """Worked by hand from each project's source, at a buffer or jitter of 50 ms."""
    names = (
        "rtcscore as published",
        "rtcscore fixed",
        "peermetrics",
        "webrtc-issue-detector",
        "Twilio",
    )
    got = [made.SCORERS[name](loss, rtt, 50.0) for name in names]
    assert [round(one, 2) for one in got] == list(numbers)


def test_the_scan_finds_what_rises_and_what_does_not_feel(made: ModuleType) -> None:
    verdicts = {row[0]: row[1:] for row in made.verdicts()}
    broken = {name for name, row in verdicts.items() if any("no" in said for said in row[:3])}
    assert broken == {"rtcscore as published", "webrtc-issue-detector"}
    assert verdicts["callvitals"] == ("yes", "yes", "yes", "none")
    assert verdicts["peermetrics"][3].startswith("loss")
    assert verdicts["OpenTok"][3] == "delay"
    assert made.rises(lambda x: -x, [0, 1, 2]) is None
    assert made.rises(lambda x: (x - 1) ** 2, [0, 1, 2, 3]) == (2, 4)
