"""Recordings at the command line, as text and as a page."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import pty
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import callvitals
import pytest
from callvitals import analysis, dump, issue
from callvitals.advice import ADVICE
from callvitals_server import analyze_html, analyze_text, recordings
from callvitals_server.cli import main
from click.testing import CliRunner, Result
from rich.console import Console

DATA = Path(__file__).parents[1] / "data"
LOSSY = DATA / "captures" / "firefox-loss5-delay100.jsonl.gz"
CLEAN = DATA / "captures" / "firefox-clean.jsonl.gz"
INTERNALS = DATA / "dumps" / "chromium156.internals.gz"
ESCAPE = "\x1b[31m"


def run(*args: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [*args], input=stdin)


@pytest.fixture(scope="module")
def lossy() -> dict[str, Any]:
    return callvitals.analyze(str(LOSSY), True)


def hostile() -> dict[str, Any]:
    """What a recording may say to harm a terminal or a page."""
    evil = f"{ESCAPE}</script><img src=x onerror=alert(1)>[bold]"
    stats = [
        {"id": "I", "type": "inbound-rtp", "kind": "audio", "ssrc": 7, "mid": evil, "codecId": "C"},
        {"id": "C", "type": "codec", "mimeType": f"audio/{evil}"},
    ]
    marks = [{"type": "mark", "name": evil, "data": {evil: evil}}]
    moments: list[Any] = [
        {"t": 1000 * n, "pc": evil, "stats": [{**one, "timestamp": 1000 * n} for one in stats]}
        for n in range(1, 4)
    ]
    moments.append({"t": 3500, "events": marks})
    meta = {"meeting": evil, "facts": {"browser": evil, "os": evil}}
    text = "".join(dump.write(moments, meta)) + evil
    return analysis.analyze(io.BytesIO(text.encode()), True)


# -- the command line -------------------------------------------------------------------------


def test_json_is_one_object_and_what_the_library_says() -> None:
    said = run("analyze", str(LOSSY), "--json")
    assert (said.exit_code, said.stderr) == (0, "")
    assert json.loads(said.stdout) == callvitals.analyze(str(LOSSY))
    assert len(said.stdout.splitlines()) == 1


def test_series_on_request(lossy: dict[str, Any]) -> None:
    whole = json.loads(run("analyze", str(LOSSY), "--json", "--series").stdout)
    assert whole == lossy
    thin = json.loads(run("analyze", str(LOSSY), "--json", "--series", "--points", "12").stdout)
    series = thin["connections"][0]["series"]
    assert series["total"] == len(lossy["connections"][0]["series"]["t"])
    assert series["shown"] == len(series["t"]) <= 12
    worst = max(v for v in lossy["connections"][0]["series"]["series"]["lossIn"] if v is not None)
    many = recordings.fold(lossy["connections"][0]["series"], 20, ("lossIn",))
    assert worst in many["series"]["lossIn"]  # spikes survive


def test_standard_input() -> None:
    said = run("analyze", "-", "--json", stdin=CLEAN.read_bytes())
    assert json.loads(said.stdout) == callvitals.analyze(str(CLEAN))


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["none.jsonl"], 1, "Error: cannot open none.jsonl: No such file or directory. Try: "),
        (["."], 1, "Error: cannot open .: Is a directory. Try: "),
        (["TEXT"], 1, "not a recording that can be read. Try: "),
        (["EMPTY"], 1, "the file is empty. Try: "),
        ([str(CLEAN), "--html", "/none/x.html"], 1, "Error: cannot write /none/x.html: No such"),
        ([], 2, "Missing argument 'FILE'"),
        ([str(CLEAN), "--series"], 2, "--series and --points go with --json."),
        ([str(CLEAN), "--points", "-1"], 2, "--points"),
    ],
)
def test_errors(tmp_path: Path, args: list[str], code: int, words: str) -> None:
    (tmp_path / "TEXT").write_text("hello")
    (tmp_path / "EMPTY").write_text("")
    given = [str(tmp_path / arg) if arg.isupper() else arg for arg in args]
    said = run("analyze", *given)
    assert said.exit_code == code
    assert words in said.stderr
    assert said.stdout == ""
    if code == 1:
        assert len(said.stderr.splitlines()) == 1


def test_in_a_process_of_its_own_nothing_is_coloured_and_no_bar_is_drawn() -> None:
    line = [sys.executable, "-m", "callvitals_server.cli", "analyze", str(INTERNALS)]
    said = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stderr) == (0, "")
    assert "\x1b" not in said.stdout
    assert "Chromium 156 on Linux" in said.stdout
    assert "Missing: 8-1: 1 series absent for a while" in said.stdout


def test_export_and_back(tmp_path: Path) -> None:
    for kind, name in (("rtcstats", "a.rtcstats.gz"), ("recording", "b.jsonl")):
        out = tmp_path / name
        said = run("export", str(LOSSY), "--format", kind, "-o", str(out))
        assert (said.exit_code, said.stdout, said.stderr) == (0, "", "")
        again = callvitals.analyze(str(out))
        assert again["format"] == ("rtcstats" if kind == "rtcstats" else "callvitals")
        plain = callvitals.analyze(str(LOSSY))
        for key in ("score", "streams", "issues"):
            assert again["connections"][0][key] == plain["connections"][0][key]
    assert gzip.decompress((tmp_path / "a.rtcstats.gz").read_bytes())[:13] == b"RTCStatsDump\n"
    piped = run("export", str(LOSSY))
    assert piped.stdout.encode() == gzip.decompress((tmp_path / "a.rtcstats.gz").read_bytes())


def test_an_export_says_what_is_missing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = run("export", str(INTERNALS), "-o", str(out))
    assert said.exit_code == 0
    assert "Warning: missing: 8-1: 1 series absent for a while" in said.stderr
    facts = callvitals.analyze(str(out))["facts"]
    assert (facts["browser"], facts["browserVersion"]) == ("Chromium", "156.0.8078.79")
    said = run("export", "none", "-o", str(out))
    assert (said.exit_code, said.stderr.count("\n")) == (1, 1)


# -- text -------------------------------------------------------------------------------------


def told(result: dict[str, Any], width: int, colour: bool = False) -> str:
    out = io.StringIO()
    system: Any = "truecolor" if colour else None
    console = Console(file=out, width=width, force_terminal=colour, color_system=system)
    analyze_text.report(result, "call.jsonl", console)
    return out.getvalue()


@pytest.mark.parametrize("width", [48, 80, 120, 200])
def test_the_report_is_as_wide_as_the_terminal(lossy: dict[str, Any], width: int) -> None:
    text = told(lossy, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    (one,) = lossy["connections"]
    for words in ("A-firefox", f"{one['rating']} {one['score']:.2f}", "Round trip", "high-loss"):
        assert words in text
    assert set("▁▂▃▄▅▆▇█") & set(text)
    lost = re.search(r"audio in .*", text)
    assert lost is not None
    if width >= 80:
        assert "145" in lost[0]  # packets


def test_the_report_has_colours_in_a_terminal(lossy: dict[str, Any]) -> None:
    text = told(lossy, 100, True)
    assert "\x1b[" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == told(lossy, 100)


def test_a_report_of_nothing() -> None:
    empty = analysis.analyze(io.BytesIO(b'{"callvitals": 1}\n'), True)
    assert "There is no connection in it." in told(empty, 80)
    page = analyze_html.page(empty, "empty")
    assert "There is no sound and no picture in it." in page


def test_of_several_alike_streams_each_has_its_name() -> None:
    """By mid, else by SSRC; an issue tells which of them it is about."""
    names = recordings.titles(
        [
            {"key": "s0", "direction": "inbound", "kind": "audio", "ssrc": 1, "mid": "0"},
            {"key": "s1", "direction": "inbound", "kind": "video", "ssrc": 2, "mid": "1"},
            {"key": "s2", "direction": "inbound", "kind": "video", "ssrc": 3, "mid": "2"},
            {"key": "s3", "direction": "outbound", "kind": "video", "ssrc": 4, "mid": "3"},
            {"key": "s4", "direction": "outbound", "kind": "video", "ssrc": 5, "mid": "3"},
            {"key": "s5", "direction": "outbound", "kind": "video", "ssrc": 6, "rid": "q"},
        ]
    )
    assert list(names.values()) == [
        "audio in", "video in 1", "video in 2", "video out 4", "video out 5", "video out q"
    ]  # fmt: skip
    assert recordings.whose({"evidence": {"stream": "s1"}}, names) == "video in 1"
    assert recordings.whose({"evidence": {"stream": "s0"}}, names) == ""
    assert recordings.whose({"evidence": {}}, names) == ""
    old = DATA / "captures" / "public" / "firefox81-sfu.jsonl.gz"
    result = callvitals.analyze(str(old), True)
    assert "stood still for up to 2 s within 10 s.  video in 972539169" in told(result, 120)
    assert ">video in 972539169</span>" in analyze_html.page(result, "x")


def test_a_bar_on_a_terminals_stderr_says_how_far_it_is() -> None:
    """And none where that is a file or a pipe, so that logs stay clean."""
    command = [sys.executable, "-m", "callvitals_server.cli", "analyze", str(LOSSY), "--json"]
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        with os.fdopen(theirs, "wb", buffering=0) as end:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=end, timeout=60)
        said = b""
        with contextlib.suppress(OSError):  # the other end is closed: Linux's way to say so
            while part := terminal.read(4096):
                said += part
    assert b"Analysing" in said
    assert b"100%" in said
    assert json.loads(done.stdout)["format"] == "callvitals"
    assert subprocess.run(command, capture_output=True, timeout=60).stderr == b""


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (recordings.seconds(0.0004), "0.4 ms"),
        (recordings.seconds(0.09996), "100 ms"),
        (recordings.seconds(0.9994), "999 ms"),
        (recordings.seconds(0.9996), "1 s"),
        (recordings.seconds(12.34), "12.3 s"),
        (recordings.bits(999_600), "1 Mbit/s"),
        (recordings.bits(999_400), "999 kbit/s"),
        (recordings.bits(999), "999 bit/s"),
        (recordings.bits(1_284_000), "1.28 Mbit/s"),
        (recordings.percent(0.09996), "10.0 %"),
        (recordings.percent(1.0), "100 %"),
        (recordings.span(3599.6), "1 h 0 min"),
        (recordings.clock(3_723_400), "1:02:03"),
    ],
)
def test_numbers_have_three_digits_and_never_a_thousand(told: str, said: str) -> None:
    assert told == said


def test_what_helps_is_said_once(lossy: dict[str, Any]) -> None:
    """Beside the issues, in both, in the words of docs/issues.md."""
    helps = ADVICE["high-loss"]
    assert len(lossy["connections"][0]["issues"]) > 1
    assert told(lossy, 200).count(f"What helps with high-loss: {helps}") == 1
    assert analyze_html.page(lossy, "x").count(f"<dd>{helps}</dd>") == 1
    assert f"Tell the participant: {helps}" in (DATA.parents[1] / "docs" / "issues.md").read_text()
    assert set(ADVICE) == set(issue.NAMES)


def test_a_recording_cannot_move_the_cursor() -> None:
    text = told(hostile(), 100)
    assert "\x1b" not in text
    assert "[bold]" in text  # no markup either


# -- the page ---------------------------------------------------------------------------------


class Tags(HTMLParser):
    """What stands open, and what is loaded from elsewhere."""

    VOID = ("meta", "br", "img", "input", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.elsewhere += [str(v) for n, v in attrs if n in ("src", "href") or n.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] in ("p", "td", "li") and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


def test_the_page_needs_nothing_else(lossy: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "call.html"
    said = run("analyze", str(LOSSY), "--html", str(out))
    assert said.exit_code == 0
    assert said.stdout == f"{lossy['sentence']} Wrote {out}\n"
    page = out.read_text()
    tags = parsed(page)
    assert tags.elsewhere == []
    assert "url(" not in page
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", page)
    assert "prefers-color-scheme:dark" in re.sub(r"\s", "", page)
    assert page.count(lossy["sentence"]) >= 2
    assert tags.seen.count("svg") >= 6
    assert len(page) < 200_000
    shaded = re.findall(r'<rect class="(minor|major)"', page)
    assert len(shaded) >= 2


def test_a_recording_cannot_write_into_the_page() -> None:
    page = analyze_html.page(hostile(), "<b>name</b>")
    tags = parsed(page)
    assert "img" not in tags.seen
    assert "b>name" not in page
    assert tags.elsewhere == []
    assert tags.seen.count("script") == 2  # the connection's numbers, and ours


def test_a_long_recording_is_thinned() -> None:
    series = {"t": [1000 * n for n in range(20000)], "series": {"rtt": [0.05] * 20000}}
    series["series"]["rtt"][777] = 3.0
    folded = recordings.fold(series, 600)
    assert folded["total"] == 20000
    assert folded["shown"] <= 600
    assert 3.0 in folded["series"]["rtt"]
