"""The E-model: the standard's points, its delay term at every millisecond, codecs."""

import sys
from pathlib import Path

import pytest
from callvitals import emodel

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import scorers  # noqa: E402


@pytest.mark.parametrize(
    ("r", "expected"), [(93.2, 4.41), (80, 4.02), (70, 3.60), (60, 3.10), (50, 2.58)]
)
def test_r_to_mos_holds_the_points_of_g107_annex_b(r: float, expected: float) -> None:
    assert abs(emodel.mos(r) - expected) < 0.01


def test_mos_never_falls_with_r() -> None:
    values = [emodel.mos(r / 10) for r in range(-200, 1200)]
    assert values == sorted(values)
    assert min(values) == 1.0
    assert max(values) == 4.5


def test_the_delays_impairment_is_g107s() -> None:
    """The points in the core against the standard's formula, at every millisecond to 10 s."""
    assert abs(scorers.G107_R - emodel.R_MAX) < 0.01
    start = scorers.g107_id(0)
    for ms in range(10001):
        assert abs(emodel.by_delay(ms) - (scorers.g107_id(ms) - start)) < 0.11, ms
    tabled = [round(100 * (scorers.g107_id(ms) - start)) for ms, _points in emodel.ID]
    assert [points for _ms, points in emodel.ID] == tabled


def test_the_delays_impairment_never_falls() -> None:
    values = [emodel.by_delay(ms / 2) for ms in range(25000)]
    assert values == sorted(values)


def test_packets_are_protected_by_fec_and_more_by_red() -> None:
    plain = {"codec": "opus"}
    kinds = [plain, plain | {"fec": True}, plain | {"red": True}]
    harm = [emodel.by_loss(0.05, *[part / 10 for part in emodel.codec(one)]) for one in kinds]
    assert harm[0] > 1.5 * harm[1] > 3 * harm[2] > 0
    assert emodel.codec({"codec": "red"}) == emodel.codec(plain | {"red": True})


def test_codecs_as_g113_has_them() -> None:
    assert emodel.codec({"codec": "PCMU"}) == emodel.codec({"codec": "PCMA"}) == (0, 251)
    assert emodel.codec({"codec": "opus", "targetBitrate": 32000}) == (0, 100)
    assert emodel.codec({"codec": "opus", "targetBitrate": 8000})[0] == 100  # as G.729
    rates = [emodel.codec({"codec": "opus", "targetBitrate": rate})[0] for rate in range(1, 40000)]
    assert rates == sorted(rates, reverse=True)
    assert emodel.codec({"codec": "something-new"}) == emodel.codec({"codec": "opus"})
    assert emodel.codec({}) == emodel.codec({"codec": "opus"})
