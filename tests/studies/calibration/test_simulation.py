from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.box_hunter import box_hunter_p_values
from studies.calibration.error_rates import error_rates, share
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import (
    Judged,
    Plan,
    Row,
    calibrate,
    simulate_plan,
    simulate_study,
    tally,
    upper_bound,
)
from studies.language.claim import Claim
from studies.language.design import LocateDesign
from studies.language.sizes import runs_per_sweep
from studies.language.space import SearchSpace
from studies.verdict.records import Outcome

STUDIES = {"A": 20, "D": 6, "E": 20, "H": 20, "J": 20}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {key: calibrate([SCENARIOS[key]], count, 42)[0] for key, count in STUDIES.items()}


def test_scenarios_know_whether_their_optimum_lies_inside() -> None:
    assert {key for key, scenario in SCENARIOS.items() if scenario.is_inside} == set("ABCHKMPRTV")


def test_planted_landscape_peaks_at_zero_where_it_says() -> None:
    for scenario in SCENARIOS.values():
        peak = scenario.height(np.array([scenario.v]), np.array([scenario.u]))
        around = scenario.height(scenario.v + np.linspace(-1, 1, 21), scenario.u + np.linspace(1, -1, 21))
        assert peak[0] == pytest.approx(0.0)
        assert around.max() <= 1e-12


def test_a_claim_inside_may_lose_more_than_the_margin() -> None:
    """Support would be false in V although the optimum lies in the neighbourhood, and in no other such landscape."""
    assert {key for key, scenario in SCENARIOS.items() if scenario.is_inside and scenario.claim_loses} == {"V"}
    planted = SCENARIOS["V"]
    margin = Claim().margin_sigmas * float(planted.noise(np.array([-planted.claim_loss]))[0])
    assert planted.claim_loss / margin == pytest.approx(1.5, abs=0.05)


def test_support_of_a_claim_that_loses_is_counted_as_false() -> None:
    judged = [
        Judged(Outcome.SUPPORTED, "specific", True, 1.0, within, None, None) for within in (False, False, True, False)
    ]
    row = tally(SCENARIOS["V"], judged)
    assert (row.false_supported, row.false_refuted) == (3, 0)
    rates = error_rates([row])
    assert (rates.false_supported.count, rates.false_supported.n, rates.false_refuted.n) == (3, 4, 0)
    refuted = tally(SCENARIOS["V"], [replace(each, outcome=Outcome.REFUTED) for each in judged])
    assert (refuted.false_supported, refuted.false_refuted) == (0, 1)


def test_simulated_study_has_the_full_design_as_shipped() -> None:
    evidence = simulate_study(SCENARIOS["A"], np.random.default_rng(0))
    phases, counts = np.unique(evidence.runs.phase, return_counts=True)
    assert dict(zip(phases.tolist(), counts.tolist(), strict=True)) == {
        "map": 72,
        "zoom": 128,
        "confirm": 120,
        "controls": 90,
    }
    assert counts.sum() == runs_per_sweep(LocateDesign(), folds=10) == 410


def test_a_plan_that_names_nothing_is_the_shipped_design() -> None:
    assert Plan() == Plan.of(LocateDesign(), Claim(), SearchSpace())
    small = LocateDesign(map_points=16, claim_replicates=3, zoom_points=5, confirm_blocks=2, mates=[0.5])
    runs = simulate_plan(SCENARIOS["A"], np.random.default_rng(0), Plan.of(small, Claim(), SearchSpace())).runs
    assert len(runs) == runs_per_sweep(small, folds=10)
    assert "mate:0.5" in runs.arm


def test_no_verdict_is_false(rows: dict[str, Row]) -> None:
    assert {key: (row.false_supported, row.false_refuted) for key, row in rows.items()} == dict.fromkeys(
        STUDIES, (0, 0)
    )


def test_near_miss_is_not_supported(rows: dict[str, Row]) -> None:
    assert (rows["D"].studies, rows["D"].supported) == (6, 0)
    assert rows["D"].coverage == 1.0


def test_planted_golden_optimum_is_mostly_supported(rows: dict[str, Row]) -> None:
    assert rows["A"].supported >= 0.6 * STUDIES["A"]
    assert rows["A"].refuted == 0


def test_planted_distant_optimum_is_mostly_refuted(rows: dict[str, Row]) -> None:
    assert rows["E"].refuted >= 0.9 * STUDIES["E"]
    assert rows["E"].supported == 0


def test_no_signal_is_never_supported(rows: dict[str, Row]) -> None:
    assert (rows["J"].supported, rows["J"].refuted) == (0, 0)


@pytest.mark.parametrize("key", ["A", "E", "H", "J"])
def test_region_holds_the_planted_optimum(rows: dict[str, Row], key: str) -> None:
    coverage = rows[key].coverage
    assert coverage is not None
    assert coverage >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / STUDIES[key])


def test_calibration_repeats_by_seed() -> None:
    assert calibrate([SCENARIOS["E"]], 2, 5) == calibrate([SCENARIOS["E"]], 2, 5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("key", sorted(SCENARIOS))
def test_error_rates_hold_over_two_hundred_studies(key: str) -> None:
    (row,) = calibrate([SCENARIOS[key]], 200, 2020)
    slack = 2 * np.sqrt(0.05 * 0.95 / row.studies)
    assert (row.false_supported + row.false_refuted) / row.studies <= 0.05 + slack
    assert row.coverage is not None
    assert row.coverage >= 0.9 - slack


@pytest.mark.parametrize(("count", "trials", "expected"), [(0, 200, 0.0149), (0, 60, 0.0487), (3, 3, 1.0)])
def test_upper_bound_is_exact(count: int, trials: int, expected: float) -> None:
    assert upper_bound(count, trials) == pytest.approx(expected, abs=1e-4)


def test_every_shape_peaks_at_its_optimum_within_the_box() -> None:
    space = SearchSpace()
    for scenario in SCENARIOS.values():
        v, u = np.meshgrid(np.linspace(*space.v_bounds, 41), np.linspace(*space.u_bounds, 41))
        assert space.v_bounds[0] <= scenario.v <= space.v_bounds[1] + 1e-9
        assert scenario.height(v, u).max() <= 1e-12
        assert scenario.height(np.array([scenario.v]), np.array([scenario.u]))[0] == pytest.approx(0.0)


def test_divergence_is_planted_as_divergence() -> None:
    runs = simulate_study(SCENARIOS["T"], np.random.default_rng(1), zoom_points=0, blocks=0).runs
    assert 0.1 < runs.diverged.mean() < 0.6
    assert set(runs.accuracy[runs.diverged]) == {0.1}


def test_rates_sum_up_by_where_the_truth_lies(rows: dict[str, Row]) -> None:
    rates = error_rates(list(rows.values()))
    assert rates.false_supported.n == sum(STUDIES[key] for key in "DEJ")
    assert rates.false_refuted.n == sum(STUDIES[key] for key in "AHJ")
    apart = {key: (each.count, each.n) for key, each in rates.power_by_scenario.items()}
    assert apart == {"A": (rows["A"].supported, STUDIES["A"]), "E": (rows["E"].refuted, STUDIES["E"])}
    assert rates.power.count == rows["A"].supported + rows["E"].refuted
    assert rates.coverage.n == sum(row.located for row in rows.values())


def test_exact_interval_equals_published_values() -> None:
    """Clopper-Pearson for 0 of 20 and 15 of 148 (Newcombe 1998, Table II, exact)."""
    none, some = share(0, 20), share(15, 148)
    assert (none.low, none.high) == (0.0, pytest.approx(0.1684, abs=1e-4))
    assert (some.low, some.high) == (pytest.approx(0.0578, abs=1e-4), pytest.approx(0.1617, abs=1e-4))
    assert share(0, 0).estimate is None


def test_box_hunter_covers_a_quadratics_top_at_its_level() -> None:
    rng, held, studies = np.random.default_rng(3), 0, 400
    for _ in range(studies):
        x = rng.uniform(-2, 2, (40, 2))
        y = -((x[:, 0] - 0.3) ** 2) - 0.5 * (x[:, 1] + 0.2) ** 2 + 0.3 * rng.standard_normal(40)
        p = box_hunter_p_values(x, y, np.array([[0.3, -0.2]]))
        held += p is not None and p[0] > 0.05
    assert abs(held / studies - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / studies)


def test_box_hunter_says_nothing_without_enough_rows() -> None:
    x = np.random.default_rng(0).uniform(size=(6, 2))
    assert box_hunter_p_values(x, x[:, 0], x) is None
    assert box_hunter_p_values(np.zeros((20, 2)), np.zeros(20), x) is None
