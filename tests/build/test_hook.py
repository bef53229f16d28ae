"""The build hook: what it builds from, when, and what a wheel holds."""

import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from types import ModuleType

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: pathlib.Path, hook: ModuleType) -> pathlib.Path:
    """A source tree with one file for each input, and a stamp of a development build."""
    for name in hook.INPUTS:
        path = tmp_path / name
        if path.suffix:
            path.write_text("{}")
        else:
            path.mkdir(parents=True)
            (path / "file.ts").write_text("1")
    stamp(tmp_path, hook, "development")
    return tmp_path


def stamp(root: pathlib.Path, hook: ModuleType, kind: str) -> None:
    path = root / hook.STATIC / ".stamp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{hook.content(root)} {kind}\n")


def test_built_once_per_content(tree: pathlib.Path, hook: ModuleType) -> None:
    assert hook.is_built(tree, release=False)
    for name in hook.INPUTS:
        path = tree / name
        path = path if path.is_file() else path / "file.ts"
        before = path.read_text()
        path.write_text("other")
        assert not hook.is_built(tree, release=False), name
        path.write_text(before)
        assert hook.is_built(tree, release=False), name


def test_a_new_or_lost_file_counts(tree: pathlib.Path, hook: ModuleType) -> None:
    new = tree / "worker" / "new.py"
    new.write_text("")
    assert not hook.is_built(tree, release=False)
    new.unlink()
    (tree / "worker" / "file.ts").rename(tree / "worker" / "renamed.ts")
    assert not hook.is_built(tree, release=False)


def test_what_the_build_itself_makes_does_not_count(tree: pathlib.Path, hook: ModuleType) -> None:
    for name in ("sdk/src/generated/fields.ts", "worker/__pycache__/x.pyc"):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text("made")
    assert hook.is_built(tree, release=False)


def test_a_development_build_is_no_release(tree: pathlib.Path, hook: ModuleType) -> None:
    assert not hook.is_built(tree, release=True)
    stamp(tree, hook, "release")
    assert hook.is_built(tree, release=True)
    assert hook.is_built(tree, release=False)


def test_missing_packages(tmp_path: pathlib.Path, hook: ModuleType) -> None:
    wanted = {"here": "1.0.0", "old": "2.0.0", "absent": "3.0.0"}
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": wanted}))
    for name in ("here", "old"):
        folder = tmp_path / "node_modules" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"version": "1.0.0"}')
    assert hook.missing_packages(tmp_path) == ["absent", "old"]


def test_versions_of_npm_packages_are_exact() -> None:
    # `missing_packages` compares them literally, and files are named by their content.
    dependencies = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert [v for v in dependencies.values() if not v[0].isdigit()] == []


def listed() -> list[str]:
    """Files of the checkout, as git knows them."""
    command = ["git", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]


def source_tree(copy: pathlib.Path) -> pathlib.Path:
    for name in listed():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    return copy


def test_a_source_distribution_has_all_sources(tmp_path: pathlib.Path) -> None:
    copy = source_tree(tmp_path / "source")
    for folder in ("sdk", "worker"):  # as npm leaves them behind
        link = copy / "node_modules" / f"callvitals-{folder}"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(copy / folder, target_is_directory=True)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path / "out"]
    subprocess.run(build, cwd=copy, check=True, capture_output=True)
    (made,) = (tmp_path / "out").glob("*.tar.gz")
    with tarfile.open(made) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    kept = {name for name in listed() if not name.startswith(("tests/data/", "docs/img/"))}
    assert kept - names == set()
    assert not any(name.startswith("node_modules") for name in names)


@pytest.mark.long
def test_a_wheel_has_all_browser_files_and_needs_no_node(tmp_path: pathlib.Path) -> None:
    copy = source_tree(tmp_path / "source")
    wheels = tmp_path / "wheels"
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", wheels, copy], check=True)
    (wheel,) = wheels.glob("callvitals-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        static = "callvitals_server/static/"
        manifest = json.loads(opened.read(static + "manifest.json"))
        assert manifest["quality"] == 11
        for name in manifest["files"]:
            assert static + name in names
    tops = {name.split("/")[0] for name in names}
    about = f"callvitals-{manifest['version']}.dist-info"
    assert tops == {"callvitals", "callvitals_server", "callvitals_demo", about}
