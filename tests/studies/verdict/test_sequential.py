"""Group-sequential looks: when they are, what they spend together, and bounds that hold whenever they end."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from studies.language.design import LocateDesign
from studies.language.spec import parse
from studies.verdict.sequential import Looks, crossing, look_blocks, planned_looks, predictive_power

SHIPPED = Looks((10, 15, 20, 25, 30, 40), 192, 6)


@pytest.mark.parametrize(
    ("most", "blocks"),
    [
        (1, (1,)),
        (9, (9,)),
        (12, (12,)),
        (13, (10, 13)),
        (20, (10, 15, 20)),
        (40, (10, 15, 20, 25, 30, 40)),
        (60, (10, 15, 20, 25, 30, 40, 50, 60)),
        (100, (10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 100)),
    ],
)
def test_looks_begin_at_ten_blocks_and_end_at_the_most(most: int, blocks: tuple[int, ...]) -> None:
    assert look_blocks(most) == blocks


def test_looks_rise_whatever_the_most() -> None:
    for most in range(1, 1001):
        found = look_blocks(most)
        assert found[-1] == most and list(found) == sorted(set(found)) and len(found) < 25
    with pytest.raises(ValueError, match="at least 1"):
        look_blocks(0)


def test_only_a_sequential_design_has_looks() -> None:
    document = {"schema_version": 3, "name": "s", "design": {"kind": "locate"}}
    assert planned_looks(parse(document).design) == SHIPPED
    fixed = parse(document | {"design": {"kind": "locate", "confirmation": "fixed"}}).design
    assert planned_looks(fixed) is None and planned_looks(LocateDesign(confirmation=None)) is None
    assert planned_looks(parse(document | {"design": {"kind": "search"}}).design) is None


def test_crossing_rates_as_published() -> None:
    """Jennison & Turnbull (2000), tables 2.1 and 2.3, five looks, 0.05 two-sided: 2.413 (Pocock), 2.040 (O'Brien)."""
    times = tuple(k / 5 for k in range(1, 6))
    assert 2 * crossing((2.413,) * 5, times) == pytest.approx(0.05, abs=2e-4)
    assert 2 * crossing(tuple(2.040 * t**-0.5 for t in times), times) == pytest.approx(0.05, abs=2e-4)
    assert crossing((1.645,), (1.0,)) == pytest.approx(norm.sf(1.645), rel=1e-6)


@pytest.mark.parametrize("kind", ["pairs", "location"])
def test_a_p_value_on_a_boundary_is_worth_its_level(kind: str) -> None:
    for level in (0.045, 0.0225, 0.0045, 1e-6):
        for blocks in SHIPPED.blocks:
            each = SHIPPED.level_at(blocks, level, kind)  # type: ignore[arg-type]
            assert each < level
            assert SHIPPED.valid(each, blocks, kind) == pytest.approx(level, rel=1e-6)  # type: ignore[arg-type]
    p = np.array([0.0, 1e-30, 1e-9, 0.01, 0.3, 0.5, 0.9, 1.0])
    worth = SHIPPED.valid_all(p, 10, kind)  # type: ignore[arg-type]
    assert np.all(np.diff(worth) >= 0.0) and np.all(worth >= p) and worth[-1] == 1.0


def test_a_single_look_costs_nothing() -> None:
    alone = Looks((8,), 192, 6)
    assert alone.valid(0.03, 8) == 0.03
    assert alone.level_at(8, 0.03) == pytest.approx(0.03, rel=1e-3)


def test_the_levels_are_spent_early_to_late() -> None:
    """At a level of 0.045, before what Student's t costs: 0.0034, 0.0073, 0.0115, 0.0157, 0.0199 and 0.0279."""
    pairs = [SHIPPED.level_at(blocks, 0.045) for blocks in SHIPPED.blocks]
    assert pairs == pytest.approx([0.0034, 0.0073, 0.0115, 0.0157, 0.0199, 0.0279], rel=0.15)
    location = [SHIPPED.level_at(blocks, 0.045, "location") for blocks in SHIPPED.blocks]
    assert location == sorted(location) and location[0] > pairs[0]


@pytest.mark.parametrize("blocks", [(10, 15, 20, 25, 30, 40), (10, 15, 20, 25, 30, 40, 50, 60), (10, 13)])
def test_paired_t_tests_cross_no_more_often_than_the_level(blocks: tuple[int, ...]) -> None:
    """100,000 simulated confirmations under the null hypothesis; 4 standard errors are left for chance."""
    looks, studies, rng = Looks(blocks, 192, 6), 100_000, np.random.default_rng(3)
    d = rng.standard_normal((studies, blocks[-1]), dtype=np.float32)
    for level in (0.045, 0.0113, 0.0045):
        crossed = np.zeros(studies, dtype=bool)
        for n in blocks:
            p = student.sf(d[:, :n].mean(axis=1) / (d[:, :n].std(axis=1, ddof=1) / math.sqrt(n)), n - 1)
            crossed |= p <= looks.level_at(n, level)
        assert crossed.mean() <= level + 4 * math.sqrt(level / studies)
        assert crossed.mean() >= 0.85 * level


def test_repeated_bounds_hold_whenever_one_stops() -> None:
    """The worst time to stop, when the bound is furthest off: 95 % of 20,000 bounds hold at every look."""
    rng, studies, held = np.random.default_rng(4), 20_000, np.ones(20_000, dtype=bool)
    d = rng.standard_normal((studies, 40))
    naive = held.copy()
    for n in SHIPPED.blocks:
        mean, error = d[:, :n].mean(axis=1), d[:, :n].std(axis=1, ddof=1) / math.sqrt(n)
        held &= mean + student.isf(SHIPPED.level_at(n, 0.05), n - 1) * error >= 0.0
        naive &= mean + student.isf(0.05, n - 1) * error >= 0.0
    assert held.mean() >= 0.948
    assert naive.mean() < 0.90, "a bound that pays for one look fails"


def test_predictive_power_by_simulation() -> None:
    """Against draws of the effect from its posterior and of the blocks still to come."""
    rng, time, critical = np.random.default_rng(5), 0.5, 0.02
    for p in (0.5, 0.1, 0.02):
        z = norm.isf(p)
        effect = rng.normal(z / math.sqrt(time), 1 / math.sqrt(time), 400_000)
        last = z * math.sqrt(time) + math.sqrt(1 - time) * rng.normal(effect * math.sqrt(1 - time), 1.0)
        assert predictive_power(p, critical, time) == pytest.approx((last >= norm.isf(critical)).mean(), abs=0.004)
    assert predictive_power(0.01, 0.02, 1.0) == 1.0
    assert predictive_power(0.03, 0.02, 1.0) == 0.0
