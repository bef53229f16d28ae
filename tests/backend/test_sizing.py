"""The calculator reckons with what is so, and says what it comes to."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from callvitals_server.records import Keep
from callvitals_server.sizing import Load, Measured, need

from .test_backup import run

sys.path.append(str(Path(__file__).parents[2]))

from tests.bench.sizing import measure

ON_DISK = ("tick", "minute", "session", "bare", "meeting", "journal", "wire")


def test_its_figures_are_those_of_recorded_calls() -> None:
    found, used = measure(8, 60, 200), Measured()
    for name in ON_DISK:
        assert getattr(found, name) == pytest.approx(getattr(used, name), rel=0.3), name
    assert {field.name for field in fields(Measured)} >= set(ON_DISK)


def test_twice_the_calls_need_twice_as_much() -> None:
    few, many = (need(Load(n, 4, 30), Keep()) for n in (500, 1000))
    for name in ("live", "ticks", "raw", "minutes", "hours", "journal", "traffic", "cores"):
        assert getattr(many, name) == pytest.approx(2 * getattr(few, name)), name
    assert many.disk == many.raw + many.minutes + many.hours + many.journal
    assert few.live == pytest.approx(500 * 4 * 30 * 0.15 / 60)
    assert few.ticks == 500 * 4 * 30 * 60
    slow = need(Load(500, 4, 30, sample=2), Keep())
    assert slow.raw == few.raw / 2
    longer = need(Load(500, 4, 30), Keep(raw=9 * 86_400_000))
    assert longer.raw == pytest.approx(few.raw * 10 / 3)


def test_what_it_says() -> None:
    args = ("sizing", "--meetings", "2000", "--participants", "5")
    said = run(*args)
    assert said.returncode == 0, said.stderr
    lines = [line.rsplit("  ", 1) for line in said.stdout.splitlines()]
    told = {name.strip(): value.strip() for name, value in lines}
    assert told["participants at once, busiest hour"] == "750"
    assert told["ticks a day"] == "18,000,000"
    assert told["disk, all"].endswith("GB")
    found = json.loads(run(*args, "--json", "--keep-raw", "7d").stdout)
    assert found["live"] == 750
    assert found["disk"] > found["raw"] > 0
    big = run("sizing", "--meetings", "100000", "--participants", "8")
    assert "run several" in big.stdout
    for bad in (
        ["--keep-raw", "ever"],
        ["--keep-raw", "90d"],
        ["--minutes", "0"],
        ["--sample", "x"],
    ):
        done = run(*args, *bad)
        assert done.returncode == 2
        assert "Error: " in done.stderr
