"""The table of metrics: sound, documented, told by whom it says."""

import subprocess
import sys
from pathlib import Path

import pytest
from callvitals import (
    catalog,
    counted,
    dump,
    fields,
    link,
    session,
)

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "captures"
SECOND = 1_000_000


def sorts_of(row: list[str]) -> list[str]:
    return (catalog.ALL if row[1] == "all" else row[1]).split()


# ---------------------------------------------------------------------------------------------
# the table


def test_the_document_is_made_of_the_table() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "gen-metrics.py")]
    made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert (ROOT / "docs" / "metrics.md").read_text() == made, "run scripts/gen-metrics.py"
    for row in catalog.rows():
        assert f"| `{row[0].rstrip('*')}`" in made


def test_rows_are_whole_and_agree() -> None:
    seen = set()
    for row in catalog.rows():
        assert len(row) == 6, row
        name = row[0].rstrip("*")
        unit, scale, worse = row[3].split()
        assert catalog.unit(name) == (
            int(scale),
            unit.replace("-", ""),
            worse.replace("-", ""),
        ), f"{name} has two units"
        assert set(row[4]) <= set("CFSa")
        for sort in sorts_of(row):
            assert (sort, name) not in seen, f"{name} of {sort} twice"
            seen.add((sort, name))


BASE = "us packets lost expected bytes buffer emitted untold samples concealed frames frozen"
OF_PC = "us lostIn lostOut expectedIn expectedOut"
GAUGES_OF_PC = "sendAudio sendVideo receiveAudio receiveVideo rttRtcp reportAge pairSwitches"


def test_what_formulas_take_is_counted_or_read() -> None:
    read = {field[0] for type_name in fields.ORDER for field in fields.FIELDS[type_name]}
    for sort in [*catalog.KINDS.values(), "pc"]:
        table = catalog.table(sort)
        told = {*BASE.split(), *counted.NAMES.get(sort, ())}
        if sort == "pc":
            told = {*OF_PC.split(), *link.NAMES}
            read |= set(GAUGES_OF_PC.split())
        for name, how, tops, bottoms, _up, _down, needed, _scale in table:
            words = [part[0] for part in [*tops, *bottoms]] + needed
            if how == catalog.LEFT:
                assert set(words) <= read, name
                continue
            if how in (catalog.GAUGE, catalog.AGE):
                assert words.pop(0).rpartition(".")[2] in read, name
            for word in words:
                assert word in told, f"{name} takes {word}, which nobody counts"


def test_series_are_rows_with_a_star() -> None:
    starred = {row[0].rstrip("*") for row in catalog.rows() if row[0].endswith("*")}
    assert starred == set(fields.STREAM)
    for name in fields.STREAM:
        assert fields.SERIES[name][:3] == catalog.unit(name), name


# ---------------------------------------------------------------------------------------------
# who tells what


CLEAN = {
    "C": ("chromium-clean", "chromium-loss5-delay100"),
    "F": ("firefox-clean", "firefox-loss5-delay100"),
    "a": ("aiortc-vs-chromium-clean",),
}
# Told only where something is in use or has happened.
SOMETIMES = {
    ("ia", "untold"),
    ("iv", "untold"),
    ("iv", "fecRate"),
    ("ia", "fecBitrate"),
    ("iv", "fecBitrate"),
    ("ia", "congested"),
    ("iv", "congested"),
    ("iv", "corruption"),
    ("ov", "psnr"),
    ("ov", "psnrU"),
    ("ov", "psnrV"),
}


@pytest.mark.parametrize("letter", CLEAN)
def test_browsers_tell_what_the_table_says(letter: str) -> None:
    seen: set[tuple[str, str]] = set()
    for name in CLEAN[letter]:
        one = session.Session()
        for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
            if entry["tick"] == 0:
                entry["events"] = [{"type": "watch", "on": True}]
            if entry["tick"] > 30:
                break
            one.feed(entry)
            doc = one.state()
            for stream in doc["streams"].values():
                sort = stream["direction"][0] + stream["kind"][0]
                seen |= {(sort, key) for key in stream if catalog.unit(key)}
            for pc in doc["pcs"].values():
                seen |= {("pc", key) for key in pc if catalog.unit(key)}
    table = {
        (sort, row[0].rstrip("*"))
        for row in catalog.rows()
        for sort in sorts_of(row)
        if letter in row[4]
    }
    assert seen - table == set(), "told, though the table says it is not"
    assert table - seen - SOMETIMES == set(), "not told, though the table says it is"
