"""What is kept, in full: as files by REST, and as arrays."""

from __future__ import annotations

import csv
import http.client
import io
import json
import tracemalloc
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import callvitals_server
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from callvitals import fields
from callvitals_server import reads
from callvitals_server.export import KINDS, Scope, batches, columns
from callvitals_server.export_files import pieces
from callvitals_server.history import History
from callvitals_server.records import StorageError
from callvitals_server.schema import session
from callvitals_server.stored import Stored

from .archive import STANDUP, Archive, Client
from .kit import T0, Server
from .stores import DAY, HOUR, MINUTE, Call, make, tend

FORMATS = ("ndjson", "csv", "parquet")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Shared; only read."""
    archive = Archive(tmp_path_factory.mktemp("archive") / "data")
    yield archive
    archive.close()


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[Client]:
    """Asks its REST."""
    client = Client(archive.app())
    yield client
    client.close()


def rows(client: Client, form: str, **query: Any) -> list[dict[str, Any]]:
    """The rows of a file, each format read by somebody else's reader; values as in NDJSON."""
    given = {name.rstrip("_"): value for name, value in query.items()}
    answer = client.get("/api/export", format=form, **given)
    assert answer.status_code == 200, answer.text
    assert f".{form}" in answer.headers["content-disposition"]
    if form == "ndjson":
        return [json.loads(line) for line in answer.text.splitlines()]
    if form == "parquet":
        table = pq.read_table(io.BytesIO(answer.content))
        out = table.to_pylist()
        for row in out:
            for name, value in row.items():
                if hasattr(value, "timestamp"):
                    row[name] = round(value.timestamp() * 1000)
                elif name == "detail":
                    row[name] = json.loads(value)
        return out
    kind = columns(Scope(query["what"], names=tuple(query.get("metrics", "rtt").split(","))))
    text = csv.DictReader(io.StringIO(answer.text, newline=""))
    read: dict[str, Any] = {"int": int, "float": float, "json": json.loads, "text": str}
    read["bool"] = lambda cell: cell == "true"
    return [
        {name: read[kind[name]](cell) if cell else None for name, cell in row.items()}
        for row in text
    ]


def said(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """CSV does not tell no text from none."""
    return [{n: None if v == "" else v for n, v in row.items()} for row in rows]


@pytest.mark.parametrize("form", FORMATS)
def test_ticks_are_those_that_were_stored(archive: Archive, client: Client, form: str) -> None:
    found = rows(client, form, what="ticks", meeting="standup", metrics="score,lossIn,rtt")
    wanted = [
        {
            "meetingId": "standup",
            "participantId": who,
            "sessionId": call.session_id,
            "tick": row["tick"],
            "t": row["t"],
            "score": row["values"]["score"] / 100 if row["values"] else None,
            "lossIn": row["values"]["lossIn"] / 10_000 if row["values"] else None,
            "rtt": row["values"]["rtt"] / 10_000 if row["values"] else None,
        }
        for who, call in archive.calls.items()
        for row in call.rows
    ]
    assert found == wanted


@pytest.mark.parametrize("what", KINDS)
def test_the_formats_say_the_same(client: Client, what: str) -> None:
    range_ = {"from": STANDUP + 500_000, "to": STANDUP + DAY, "metrics": "score,rtt"}
    plain, text, parquet = (said(rows(client, form, what=what, **range_)) for form in FORMATS)
    assert plain == text == parquet
    assert len(plain) > 0


def test_a_range_is_cut_where_it_says(archive: Archive, client: Client) -> None:
    edges = {"from": STANDUP + 100_000, "to": STANDUP + 102_000}
    found = rows(client, "ndjson", what="ticks", participant="ada", **edges)
    assert [row["tick"] for row in found] == [100, 101, 102]
    assert list(found[0])[5:] == list(fields.HEADLINE)
    minutes = rows(client, "ndjson", what="minutes", session="a" * 32)
    assert sum(row["seconds"] for row in minutes) == 1200
    assert sum(row["poorSeconds"] for row in minutes) == 300
    bad = [row for row in minutes if row["scoreMin"] == 2.0]
    assert {row["lossInMax"] for row in bad} == {0.09}
    hours = rows(client, "ndjson", what="hours", session="a" * 32)
    assert [row["ticks"] for row in hours] == [600, 600]
    assert hours[1]["score"] == pytest.approx((300 * 2.0 + 300 * 4.4) / 600)
    halves = [
        rows(client, "ndjson", what="minutes", session="a" * 32, from_=a, to=b)
        for a, b in ((0, STANDUP + 5 * MINUTE - 1), (STANDUP + 5 * MINUTE, STANDUP + DAY))
    ]
    assert [*halves[0], *halves[1]] == minutes


def test_all_meetings_and_sessions_are_there(archive: Archive, client: Client) -> None:
    meetings = rows(client, "ndjson", what="meetings")
    assert [(m["meetingId"], m["startedAt"]) for m in meetings] == sorted(
        ((m.id, m.started) for m in archive.meetings), key=lambda pair: (pair[1], pair[0])
    )
    sessions = rows(client, "ndjson", what="sessions")
    assert len(sessions) == sum(len(m.people) for m in archive.meetings)
    hourly = rows(client, "ndjson", what="hourly", from_=STANDUP - HOUR, to=STANDUP + HOUR)
    both = {"from": STANDUP - HOUR, "to": STANDUP + HOUR, "by": "issue"}
    told = client.get("/api/hourly", **both).json()["items"]
    issues = [row for row in hourly if row["by"] == "issue"]
    assert [(r["value"], r["count"]) for r in issues] == [(i["value"], i["count"]) for i in told]
    events = rows(client, "csv", what="events", meeting="standup")
    assert events[0]["detail"]["name"] == "high-loss"


@pytest.mark.parametrize("what", [kind for kind in KINDS if kind != "hourly"])
def test_one_of_the_times_a_meeting_took_place(archive: Archive, client: Client, what: str) -> None:
    """Together they are all of that name, and none has a row of another."""
    retros = sorted((m for m in archive.meetings if m.id == "retro"), key=lambda m: m.started)
    assert len(retros) > 1
    each = [rows(client, "ndjson", what=what, meeting="retro", started=m.started) for m in retros]
    assert [row for one in each for row in one] == rows(
        client, "ndjson", what=what, meeting="retro"
    )
    for one, truth in zip(each, retros, strict=True):
        assert one or what in ("ticks", "events")  # kept no longer; none happened
        if what == "meetings":
            assert [row["startedAt"] for row in one] == [truth.started]
        else:
            assert {row["participantId"] for row in one} <= set(truth.people)
        times = [row["t"] for row in one if "t" in row]
        assert all(truth.started - HOUR <= t <= truth.last + HOUR for t in times)
    assert rows(client, "ndjson", what=what, meeting="retro", started=1) == []


@pytest.mark.parametrize(
    "query",
    [
        {"what": "weather"},
        {"started": "1795448731544"},
        {"format": "xls"},
        {"metrics": "nonsense"},
        {"what": "minutes", "metrics": "loss.s0"},
        {"from": "x"},
    ],
)
def test_nonsense_is_a_problem(client: Client, query: dict[str, str]) -> None:
    answer = client.get("/api/export", **query)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_a_whole_file_too(client: Client, form: str, what: str) -> None:
    assert rows(client, form, what=what, meeting="none", to=1) == []


def test_a_name_is_no_formula(tmp_path: Path) -> None:
    history = History(tmp_path)
    call = Call(participant="=1+1", name='Ada "the, first"\n')
    call.claim(history)
    call.store(history, make(range(2)))
    (whole,) = _files(history, Scope("sessions"))
    (row,) = csv.DictReader(io.StringIO(whole.decode(), newline=""))
    assert (row["participantId"], row["name"]) == ("'=1+1", 'Ada "the, first"\n')
    history.close()


def _files(history: History, scope: Scope) -> list[bytes]:
    return list(pieces("csv", columns(scope), batches(history, scope)))


def test_streams_series_and_the_journal_are_in(tmp_path: Path) -> None:
    history = History(tmp_path)
    call = Call()
    call.claim(history)
    call.store(history, make(range(900)))
    tend(history, call.end)
    call.store(history, make(range(900, 1000)))
    table = callvitals_server.read(tmp_path, metrics=["loss.s0", "upload"])
    assert table["tick"].tolist() == list(range(1000))
    there = ~np.isnan(table["loss.s0"])
    assert table["tick"][there].tolist() == list(range(0, 1000, 10))
    assert table["upload"].tolist() == [row["values"]["upload"] for row in call.rows]
    history.close()


@pytest.mark.parametrize("form", FORMATS)
def test_more_takes_no_more_memory(tmp_path: Path, form: str) -> None:
    history = History(tmp_path)
    call = Call(offset=0)
    call.claim(history)
    body = make(range(600))
    call.store(history, body, size=600, left=True)
    tend(history, call.end)
    (chunk,) = history.shelves.find(reads.raw, call.session_id, 0, 1 << 60)
    peaks = []
    for chunks in (70, 210):
        # The same ten minutes again and again, as the files would have them.
        many = [
            {**chunk, "t0": chunk["t0"] + n * 600_000, "first": n * 600, "last": n * 600 + 599}
            for n in range(chunks)
        ]
        history.shelves.put(reads.raw, many)
        scope = Scope("ticks", names=("score", "upload"))
        tracemalloc.start()
        size = sum(map(len, pieces(form, columns(scope), batches(history, scope))))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > 0
    assert peaks[1] < 1.5 * peaks[0]
    history.close()


# -- in notebooks ---------------------------------------------------------------------------------


def test_reading_as_arrays_and_frames(archive: Archive) -> None:
    table = callvitals_server.read(
        archive.settings.data, meeting="standup", participant="ada", metrics="score"
    )
    assert table.rows == 1200
    assert table["score"].dtype == np.float64
    assert table["t"].dtype == np.int64
    frame = table.pandas()
    assert frame["t"].dt.tz is not None
    assert frame["t"].iloc[0] == pd.Timestamp(STANDUP, unit="ms", tz="UTC")
    low = frame.set_index("t")["score"].resample("5min").min().dropna()
    assert low.tolist() == [4.4, 4.4, 2.0, 4.4]
    meetings = callvitals_server.read(archive.settings.data, "meetings").pandas()
    assert meetings["endedAt"].isna().sum() == 7
    assert callvitals_server.read(archive.settings.data, "hours", meeting="none").rows == 0
    some = callvitals_server.read(
        archive.settings.data,
        participant="ada",
        meeting="standup",
        start=pd.Timestamp(STANDUP, unit="ms").to_pydatetime(),
        end=pd.Timestamp(STANDUP + 5000, unit="ms", tz="UTC").isoformat(),
    )
    assert some["tick"].tolist() == [0, 1, 2, 3, 4, 5]
    retros = sorted((m.started for m in archive.meetings if m.id == "retro"), reverse=True)
    newest = callvitals_server.read(
        archive.settings.data, "meetings", meeting="retro", started=retros[0]
    )
    assert newest["startedAt"].tolist() == retros[:1]
    with pytest.raises(ValueError, match="of a meeting, which is not named"):
        callvitals_server.read(archive.settings.data, started=retros[0])


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no history in"):
        callvitals_server.read(tmp_path)
    with pytest.raises(ValueError, match="what: one of"):
        callvitals_server.read(tmp_path, "weather")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no series is called nonsense"):
        callvitals_server.read(tmp_path, metrics="nonsense")
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_nothing(tmp_path: Path) -> None:
    History(tmp_path).close()
    with (
        Stored(tmp_path) as stored,
        pytest.raises(sa.exc.OperationalError),
        stored.engine.begin() as db,
    ):
        db.execute(sa.delete(session))


def test_postgres_is_read_alike(database: str) -> None:
    history = History(Path("/nowhere"), url=database)
    call = Call()
    call.claim(history)
    call.store(history, make(range(650)))
    tend(history, call.end)
    table = callvitals_server.read(database, metrics="upload")
    assert table["tick"].tolist() == list(range(650))
    assert callvitals_server.read(database, "minutes")["ticks"].sum() == 650
    history.close()


def test_an_export_that_cannot_be_finished_is_left_unfinished(own_server: Server) -> None:
    history = History(own_server.data)
    for n in range(2):
        call = Call(f"{n:032d}", offset=0)
        start = T0 - (3 - 3 * n) * DAY
        call.claim(history, start)
        call.store(history, make(range(700), start=start), left=True)
        history.sealer.run(call.end)
    history.close()
    later = max((own_server.data / "raw").glob("*.db"))
    with later.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3996)
    own_server.env["CALLVITALS_KEEP_RAW"] = "10d"
    own_server.start()
    with urllib.request.urlopen(f"{own_server.url}/api/export?what=ticks", timeout=20) as answer:
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead) as caught:
            answer.read()
    there = [json.loads(line) for line in caught.value.partial.splitlines()]
    assert [row["tick"] for row in there] == list(range(700))
    own_server.end()
    assert "an export ended early" in own_server.log.read_text()
