"""`make test` looks for browsers, and installs what is missing the way the platform allows."""

import os
import pathlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The only folder on the path, empty."""
    for name in ("CALLVITALS_CHROMIUM", "CALLVITALS_FIREFOX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def script(name: str) -> ModuleType:
    spec = spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def setup() -> ModuleType:
    module = script("setup")
    module.MAC = {}  # what this machine has is not asked
    return module


def program(path: pathlib.Path, name: str, text: str = "") -> pathlib.Path:
    file = path / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    "names",
    [("chromium", "firefox-esr"), ("google-chrome", "firefox"), ("chromium-browser", "firefox")],
)
def test_what_is_there_is_taken(
    setup: ModuleType, path: pathlib.Path, names: tuple[str, str]
) -> None:
    for name in names:
        program(path, name)
    program(path, "apt-get", "exit 1")
    setup.browsers()


def test_a_browser_that_is_named_is_taken(
    setup: ModuleType, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLVITALS_CHROMIUM", str(program(path, "my-own-browser")))
    program(path, "firefox")
    setup.browsers()


def test_what_is_missing_is_installed(setup: ModuleType, path: pathlib.Path) -> None:
    program(path, "chromium")
    bin_, said = f"{path}/firefox-esr", path / "said"
    install = f'echo "$@" >> {said}; case "$*" in *install*) echo > {bin_}; chmod 755 {bin_};; esac'
    program(path, "apt-get", f"PATH={os.defpath}; {install}")
    program(path, "env", 'shift; exec "$@"')
    program(path, "sudo", 'shift; exec "$@"')
    setup.browsers()
    assert [line.split()[0] for line in said.read_text().splitlines()] == ["update", "install"]
    assert said.read_text().split()[-1] == "firefox-esr", "and nothing else"


def test_what_cannot_be_installed_is_one_line(setup: ModuleType, path: pathlib.Path) -> None:
    with pytest.raises(SystemExit) as end:
        setup.browsers()
    assert end.value.code == (
        "Error: no chromium and no firefox-esr found. "
        "Try: install Chromium (or Chrome) and Firefox and put them on the path"
    )
    assert list(path.iterdir()) == []


def test_every_step_runs_by_python_or_node() -> None:
    """Nothing else is there where Node comes from PyPI: no npx."""
    steps = script("test").steps(None, True, [])
    assert {name for name, _command in steps} >= {"ruff", "tsc", "biome", "pytest", "browsers"}
    for name, command in steps:
        assert command[0] in (sys.executable, "node"), name
        named = [word for word in command[1:] if word.startswith("node_modules/")]
        assert all((ROOT / word).is_file() for word in named), name
