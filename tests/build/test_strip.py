"""The core as MicroPython gets it is the same program."""

import ast
import importlib.util
import pathlib
from types import ModuleType

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CORE = sorted((ROOT / "worker" / "callvitals").glob("*.py"))


@pytest.fixture(scope="module")
def strip() -> ModuleType:
    spec = importlib.util.spec_from_file_location("strip", ROOT / "scripts" / "strip.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def meaning(source: str) -> str:
    """The syntax tree without docstrings and the zeros in their places."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not is_idle(item)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def is_idle(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and (isinstance(statement.value.value, str) or statement.value.value == 0)
    )


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_same_program_in_fewer_bytes(strip: ModuleType, path: pathlib.Path) -> None:
    source = path.read_text("utf-8")
    short = strip.strip(source)
    assert meaning(short) == meaning(source)
    assert len(short) <= len(source)


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("x = 1  # why\n", "x = 1\n"),
        ('def f():\n    """Doc."""\n    return 1\n', "def f():\n 0\n return 1\n"),
        ("if x:\n    if y:\n        z()\n", "if x:\n if y:\n  z()\n"),
        ("f(\n    a,\n\n    b,\n)\n", "f(\na,\nb,\n)\n"),
        ('x = """a  \n\n   b"""\n', 'x = """a  \n\n   b"""\n'),
        ('x = "# no comment"\n', 'x = "# no comment"\n'),
        ('"""One.\n\nTwo."""\n\n\nx = 1\n', "0\nx = 1\n"),
        ('x = f"{a:>{n}} # {b}"  # c\n', 'x = f"{a:>{n}} # {b}"\n'),
        ("x = (1 +  # one\n     2)\n", "x = (1 +\n2)\n"),
        ("a = 1; b = 2\n", "a = 1; b = 2\n"),
    ],
)
def test_cases(strip: ModuleType, source: str, short: str) -> None:
    assert strip.strip(source) == short
