"""Pages know the others by their ids; who reads knows them by their names."""

import copy
from typing import Any

import pytest
from callvitals import issue
from callvitals_server import naming

PEOPLE = {"w1": {"name": "Noor"}, "w2": {"name": ""}, "w3": {"name": "w1"}}


def told(kind: str, **evidence: Any) -> dict[str, Any]:
    return {"type": kind, "evidence": evidence, "sentence": issue.sentence(kind, evidence)}


@pytest.mark.parametrize("kind", ["high-loss", "high-jitter", "frozen-video", "audio-concealment"])
def test_whom_it_comes_from_is_called_by_name(kind: str) -> None:
    one = told(kind, direction="in", participant="w1", loss=1200, jitter=400, frozenMs=900)
    doc = {"sentence": one["sentence"], "issues": {"i0": one}, "net": {"rtt": 48}}
    before = copy.deepcopy(doc)
    named = naming.state(doc, PEOPLE)
    assert " from Noor" in named["issues"]["i0"]["sentence"]
    assert named["sentence"] == named["issues"]["i0"]["sentence"]
    assert named["issues"]["i0"]["evidence"] == one["evidence"]  # ids stay where ids belong
    assert named["net"] == doc["net"]
    assert doc == before, "what the model holds stays as it came"
    called = issue.sentence(kind, {**one["evidence"], "participant": "Noor"})
    assert named["sentence"] == called, "as the core itself would have said it"


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"participant": "w2"},  # without a name
        {"participant": "gone"},
        {"participant": 7},
        {"participant": ""},
    ],
)
def test_who_has_no_name_keeps_the_id(evidence: dict[str, Any]) -> None:
    one = {"type": "high-loss", "evidence": evidence, "sentence": "Losing 9 % from w2."}
    doc = {"sentence": "Something else.", "issues": {"i0": one}}
    assert naming.state(doc, PEOPLE) is doc


def test_nonsense_passes_through() -> None:
    for doc in (
        {},
        {"issues": None},
        {"issues": {"i0": 7}},
        {"issues": {"i0": {"sentence": None}}},
    ):
        assert naming.state(doc, PEOPLE) == doc


def test_the_rest_of_the_sentence_is_safe() -> None:
    """Only whom it comes from is replaced, and once: a name may be another's id."""
    one = told("high-loss", direction="in", loss=900, participant="w3")
    named = naming.said(one["sentence"], one["evidence"], PEOPLE)
    assert named.count("w1") == 1
    assert "w3" not in named


def test_events_and_those_who_have_two_sessions() -> None:
    rows = [
        {"participant_id": "w1", "name": "Noor"},
        {"participant_id": "w1", "name": ""},
        {"participant_id": "w2", "name": ""},
    ]
    people = naming.of_sessions(rows)
    assert people == {"w1": {"name": "Noor"}, "w2": {"name": ""}}
    one = told("high-loss", direction="in", loss=900, participant="w1")
    open_ = {"type": "issue-open", "sentence": one["sentence"], "evidence": one["evidence"]}
    mark = {"type": "mark", "name": "from w1"}
    named, same = naming.events([open_, mark], people)
    assert named["sentence"] == "Losing 9.0 % of incoming packets from Noor."
    assert same is mark
