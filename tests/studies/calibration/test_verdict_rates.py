"""Simulated studies judged and counted: right where the truth is plain, never falsely decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.error_rates import error_rates
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.verdict_rates import Judged, Row, calibrate, tally
from studies.verdict.model import Outcome

STUDIES = {"A": 20, "D": 6, "E": 20, "H": 20, "J": 20}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {key: calibrate([SCENARIOS[key]], count, 42)[0] for key, count in STUDIES.items()}


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
