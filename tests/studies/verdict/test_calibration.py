from __future__ import annotations

import numpy as np
import pytest

from studies.verdict.calibration import SCENARIOS, Row, calibrate, simulate_study, upper_bound

STUDIES = 20


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.scenario: row for row in calibrate((SCENARIOS[key] for key in "AEHJ"), STUDIES, 42)}


def test_scenarios_know_whether_their_optimum_lies_inside() -> None:
    assert {key for key, scenario in SCENARIOS.items() if scenario.is_inside} == set("ABCHK")


def test_planted_landscape_peaks_at_zero_where_it_says() -> None:
    for scenario in SCENARIOS.values():
        peak = scenario.height(np.array([scenario.v]), np.array([scenario.u]))
        around = scenario.height(scenario.v + np.linspace(-1, 1, 21), scenario.u + np.linspace(1, -1, 21))
        assert peak[0] == pytest.approx(0.0)
        assert around.max() <= 1e-12


def test_simulated_study_has_the_full_design() -> None:
    evidence = simulate_study(SCENARIOS["A"], np.random.default_rng(0))
    phases, counts = np.unique(evidence.runs.phase, return_counts=True)
    assert dict(zip(phases.tolist(), counts.tolist(), strict=True)) == {
        "map": 72,
        "zoom": 128,
        "confirm": 90,
        "controls": 90,
    }


def test_no_verdict_is_false(rows: dict[str, Row]) -> None:
    assert sum(row.false_supported + row.false_refuted for row in rows.values()) <= 1


def test_planted_golden_optimum_is_mostly_supported(rows: dict[str, Row]) -> None:
    assert rows["A"].supported >= 0.6 * STUDIES
    assert rows["A"].refuted == 0


def test_planted_distant_optimum_is_mostly_refuted(rows: dict[str, Row]) -> None:
    assert rows["E"].refuted >= 0.9 * STUDIES
    assert rows["E"].supported == 0


def test_no_signal_is_never_supported(rows: dict[str, Row]) -> None:
    assert (rows["J"].supported, rows["J"].refuted) == (0, 0)


@pytest.mark.parametrize("key", ["A", "E", "H", "J"])
def test_region_holds_the_planted_optimum(rows: dict[str, Row], key: str) -> None:
    coverage = rows[key].coverage
    assert coverage is not None
    assert coverage >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / STUDIES)


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
