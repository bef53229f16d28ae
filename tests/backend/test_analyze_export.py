"""Exports of ours, analysed: over HTTP, at the command line, and what is none."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals import dump, fields, score
from callvitals_server import analyze_export, recordings
from callvitals_server.analyze_export import analyze
from callvitals_server.cli import main
from click.testing import CliRunner

from .archive import STANDUP, Archive, Client
from .kit import Server

HEAD = "meetingId,participantId,sessionId,tick,t,score,rtt\r\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    archive = Archive(tmp_path_factory.mktemp("archive") / "data")
    client = Client(archive.app())
    yield client
    client.close()
    archive.close()


def export(client: Client, what: str, form: str = "ndjson", **more: str) -> bytes:
    found = client.get("/api/export", what=what, format=form, meeting="standup", **more)
    assert found.status_code == 200
    return found.content


def over(body: bytes, series: bool = True) -> dict[str, Any]:
    return analyze(io.BytesIO(body), series)


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def tick(n: int, session: str = "a" * 32, who: str = "ada", **more: Any) -> dict[str, Any]:
    named = {"meetingId": "m", "participantId": who, "sessionId": session}
    return {**named, "tick": n, "t": STANDUP + 1000 * n, "score": 4.4, **more}


def test_ticks_are_told_as_history_has_them(client: Client) -> None:
    """Both formats, packed or not, say the same; the mean is that of history, in its words."""
    bodies = [export(client, "ticks", form) for form in ("ndjson", "csv")]
    told = [over(body) for body in (*bodies, gzip.compress(bodies[0]))]
    assert told[0] == told[1] == told[2]
    (whole, *_) = told
    ada, bob, eve = whole["connections"]
    assert [one["pc"] for one in (ada, bob, eve)] == ["ada", "bob", "eve"]
    # 900 s of 4.40 and 300 s of 2.00
    assert (ada["score"], ada["rating"], ada["reports"]) == (3.8, score.rating(380), 1200)
    assert ada["sentence"] == "Poor for 5 min 0 s of 20 min 0 s."
    assert ada["lowest"] == {"score": 2.0, "t": STANDUP + 600_000}
    assert (ada["means"]["lossIn"], ada["means"]["rtt"]) == (0.0225, 0.031)
    assert (bob["score"], bob["rating"], bob["sentence"]) == (4.3, "good", "")
    assert (eve["score"], eve["rating"]) == (None, "unknown")
    assert ada["series"]["t"] == [STANDUP + 1000 * n for n in range(1200)]
    assert ada["series"]["series"]["score"][599:601] == [4.4, 2.0]
    assert set(ada["series"]["series"]) == set(fields.HEADLINE)
    assert {name: whole[name] for name in ("meeting", "format", "score", "rating", "sentence")} == {
        "meeting": "standup", "format": "export", "score": 3.8, "rating": "fair",
        "sentence": ada["sentence"],
    }  # fmt: skip
    assert any("issues and events" in line for line in whole["missing"])
    assert "series" not in over(bodies[0], False)["connections"][0]


def test_it_has_the_shape_of_a_recordings(client: Client) -> None:
    capture = Path(__file__).parents[1] / "data" / "captures" / "firefox-clean.jsonl.gz"
    with open(capture, "rb") as file:
        recording = analyze(file, True)
    exported = over(export(client, "ticks"))
    assert set(recording) - set(exported) <= {"meeting", "participant"}
    assert set(recording["connections"][0]) == set(exported["connections"][0])


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_events_tell_the_issues_and_after_the_ticks_all_of_it(client: Client, form: str) -> None:
    alone = over(export(client, "events", form))
    both = over(export(client, "ticks", form) + export(client, "events", form))
    for told in (alone, both):
        ada = told["connections"][0]
        (issue,) = ada["issues"]
        assert (issue["type"], issue["severity"], issue["open"]) == ("high-loss", "major", False)
        assert issue["evidence"] == {"direction": "in", "loss": 0.09}
        assert (issue["since"], issue["until"]) == (STANDUP + 605_000, STANDUP + 885_000)
        assert told["sentence"] == ada["sentence"] == "Losing 9 % of incoming packets."
        assert {"type": "rate", "stars": 2, "t": STANDUP + 1_100_000} in ada["events"]
    assert alone["rating"] == "unknown"
    assert "series: they are in the export of ticks" in alone["missing"]
    assert (both["score"], len(both["missing"])) == (3.8, 1)


def test_minutes_hours_and_sessions(client: Client) -> None:
    """The mean of minutes is that of their ticks."""
    for what in ("minutes", "hours"):
        ada = over(export(client, what))["connections"][0]
        assert (ada["score"], ada["reports"], ada["start"] % 60_000) == (3.8, 1200, 0)
    told = over(export(client, "sessions"))
    assert [one["rating"] for one in told["connections"]]
    assert told["start"] == STANDUP


def test_what_was_not_measured_stays_a_gap() -> None:
    told = recordings.thinned(over(lines(*(tick(n) for n in (*range(9), *range(60, 69))))), 50)
    series = told["connections"][0]["series"]
    assert series["t"][8:11] == [STANDUP + 8000, STANDUP + 34_000, STANDUP + 60_000]
    assert series["series"]["score"][8:11] == [4.4, None, 4.4]
    assert (series["shown"], series["total"]) == (18, 18)


@pytest.mark.parametrize("what", ["meetings", "hourly"])
@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_what_has_no_session_says_so(client: Client, what: str, form: str) -> None:
    body = client.get("/api/export", what=what, format=form).content
    with pytest.raises(dump.RecordingError, match=f"an export of {what}: there is no session"):
        over(body)


def test_two_sessions_of_one_person_are_two_connections() -> None:
    told = over(lines(tick(0, "a" * 32), tick(0, "b" * 32, score=2.0), tick(0, "c" * 32, "bob")))
    assert [one["pc"] for one in told["connections"]] == [
        "ada (aaaaaaaa)", "ada (bbbbbbbb)", "bob"
    ]  # fmt: skip
    # Also where ids begin alike, where a name is very long, or says what another's would be.
    alike = [("x" * 31 + str(n), name) for n in range(3) for name in ("y" * 10_000,)]
    alike += [("q" * 32, "ada (aaaaaaaa)"), ("a" * 32, "ada"), ("b" * 32, "ada")]
    told = over(lines(*(tick(0, session, who) for session, who in alike)))
    names = [one["pc"] for one in told["connections"]]
    assert len(set(names)) == len(names) == 6
    assert max(map(len, names)) < 80
    several = over(lines(tick(0), tick(0, "b" * 32, meetingId="other")))
    assert [one["pc"] for one in several["connections"]] == ["m · ada", "other · ada"]
    assert "meeting" not in several


def test_an_issue_at_the_edges_of_the_range() -> None:
    def event(n: int, type_: str, key: str, **more: Any) -> dict[str, Any]:
        row = tick(n, type=type_)
        detail = {"issue": key, "name": "outage", "severity": "major", "sentence": "Out.", **more}
        return {**row, "detail": detail}

    told = over(lines(
        event(5, "issue-close", "i0", since=STANDUP - 9000, until=STANDUP + 4000),
        event(6, "issue-open", "i1", since=STANDUP + 6000),
        event(9, "mark", "", name="hand"),
    ))  # fmt: skip
    before, after = told["connections"][0]["issues"]
    assert (before["since"], before["until"], before["open"]) == (
        STANDUP - 9000, STANDUP + 4000, False
    )  # fmt: skip
    assert (after["until"], after["open"]) == (STANDUP + 9000, True)


def test_what_is_broken_is_left_out_and_said() -> None:
    odd: list[Any] = [1e300, "x", True, None, [1], float("inf")]
    body = lines(*(tick(n, rtt=value, score=value) for n, value in enumerate(odd)))
    body += b'{"meetingId": 1}\n' + lines(tick(9, t=-1), {"sessionId": 7}) + body[:30]
    told = over(body)
    assert "4 rows (unreadable)" in told["missing"]
    (one,) = told["connections"]
    assert (one["score"], one["means"]) == (None, {})
    json.dumps(told, allow_nan=False)
    csv = (
        HEAD
        + f"m,'=ada,s,0,{STANDUP},nan,1e999\r\nm,ada\r\n"
        + f'm,a"b,s,1,{STANDUP + 1},3,0.1\r\n'
    )
    told = over(csv.encode())
    assert told["missing"][0] == "1 row (unreadable)"
    assert told["connections"][0]["pc"] == "=ada"
    cut = over(gzip.compress(lines(*(tick(n, x=n * 7919 % 1000) for n in range(3000))))[:4000])
    assert cut["missing"][0] == "the end of the file: it was cut off while compressed"
    with pytest.raises(dump.RecordingError, match="has no row"):
        over(HEAD.encode())
    with pytest.raises(dump.RecordingError, match="Parquet is not read"):
        over(b"PAR1\x15\x04")
    with pytest.raises(dump.RecordingError, match="not a recording"):
        over(b"a,b,c\n1,2,3\n")


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    many = over(lines(*(tick(0, f"{n:032}", f"p{n}") for n in range(300))))
    assert len(many["connections"]) == 256
    assert "44 sessions (too many)" in many["missing"]
    with pytest.raises(dump.RecordingError, match=r"too large: more than 1 MB \(inflated\)"):
        analyze(io.BytesIO(gzip.compress(lines(tick(0)) + b" " * 2_000_000)), most=1_000_000)
    monkeypatch.setattr(analyze_export, "MOST_VALUES", 100)
    with pytest.raises(dump.RecordingError, match="too large: more than 0 million values"):
        over(lines(*(tick(n) for n in range(100))))


def test_over_http_and_at_the_command_line(server: Server, client: Client, tmp_path: Path) -> None:
    body = export(client, "ticks") + export(client, "events")
    for sent in (body, gzip.compress(body)):
        assert server.post("/api/analyze?series=true", sent) == (200, over(body))
    status, thin = server.post("/api/analyze?series=true&points=50", body)
    assert status == 200
    assert thin["connections"][0]["series"]["shown"] <= 50
    status, problem = server.post("/api/analyze", export(client, "meetings"))
    assert (status, problem["detail"][:21]) == (422, "an export of meetings")
    file = tmp_path / "standup.ndjson"
    file.write_bytes(body)
    said = CliRunner().invoke(main, ["analyze", str(file), "--json", "--series"])
    assert json.loads(said.stdout) == over(body)
    page = tmp_path / "page.html"
    said = CliRunner().invoke(main, ["analyze", str(file), "--html", str(page)])
    assert (said.exit_code, said.stderr) == (0, "")
    assert "Losing 9 % of incoming packets." in page.read_text()
    said = CliRunner().invoke(main, ["analyze", str(file)])
    assert said.exit_code == 0
    assert "high-loss" in said.stdout
