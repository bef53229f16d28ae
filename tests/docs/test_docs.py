"""What the documents say is there, is there."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from callvitals_server import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "sdk/README.md"])
# Where a file that a document names may stand.
BASES = [
    ROOT,
    *(ROOT / base for base in ("demo", "docs", "sdk/src", "worker/callvitals", "tests")),
    ROOT / "backend/dashboard/src",
]
COMMANDS = (
    "alerts",
    "analyze",
    "backup",
    "export",
    "jobs",
    "meetings",
    "restore",
    "serve",
    "sizing",
    "snippet",
    "synth",
    "demo",
)


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_configuration_is_what_the_settings_are() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/gen-docs.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "docs/configuration.md").read_text() == made.stdout


def test_the_api_is_what_the_routes_are() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/gen-api.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "docs/api.md").read_text() == made.stdout


def test_the_readme_is_short_and_finished() -> None:
    assert len(README.splitlines()) <= 150
    for path in DOCS:
        assert "@@" not in path.read_text(), path


@pytest.mark.parametrize("path", DOCS, ids=by_name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
        if "://" not in link:
            assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", DOCS, ids=by_name)
def test_files_named_exist(path: Path) -> None:
    named = re.findall(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|ts|tsx|mjs|md|png)\b", path.read_text())
    missing = [name for name in named if not any((base / name).exists() for base in BASES)]
    # The service's own addresses, npm's output, and those of other hosts are no files of ours.
    known = ("vitals.example.com/", "cv.example/", "dist/")
    assert [name for name in missing if not name.startswith(known)] == []


@pytest.mark.parametrize("path", DOCS, ids=by_name)
def test_commands_named_exist(path: Path) -> None:
    text = path.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^\s*make ([a-z-]+)|`make ([a-z-]+)", text, re.M)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }
    context = click.Context(cli.main)
    # Prose may say "callvitals service"; what stands as code is a command.
    code = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))
    code += "\n" + "\n".join(re.findall(r"`(callvitals [^`\n]+)`", text))
    for name, rest in re.findall(r"^callvitals ([a-z]+)([^\n|#]*)", code, re.M):
        command = cli.main.get_command(context, name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known, f"{name}{rest}"


@pytest.mark.parametrize("path", DOCS, ids=by_name)
def test_nothing_of_one_machine(path: Path) -> None:
    found = re.search(r"(?<![\w.])/(?:work|tmp|root|home)/|registry\.|pypi\.org", path.read_text())
    assert found is None, found


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_shows_an_example(name: str) -> None:
    context = click.Context(cli.main, info_name="callvitals")
    assert cli.main.list_commands(context) == list(COMMANDS)
    assert re.search(rf"^  {name} ", cli.main.get_help(context), re.M)
    command = cli.main.get_command(context, name)
    assert command is not None
    help_ = command.get_help(click.Context(command, info_name=name, parent=context))
    assert f"callvitals {name} " in help_.split("xample", 1)[1]
    own = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    assert [p.name for p in own if not p.help] == [], "options without a word of help"


def test_the_bench_runs() -> None:
    line = [sys.executable, "-m", "tests.bench"]
    done = subprocess.run([*line, "wire"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = re.search(r"delta with ten rows +([\d,]+) bytes", done.stdout)
    assert found, done.stdout
    # The README says "about 2 kB".
    assert 1500 <= int(found[1].replace(",", "")) <= 2500
    wrong = subprocess.run([*line, "speed"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert wrong.returncode == 2
