"""Looking again: undecided studies go on, decided ones stop, and counts add up."""

from __future__ import annotations

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS, displaced
from studies.calibration.look_rates import LookRow, calibrate_looks
from studies.calibration.simulation import planted_study
from studies.language.design import LocateDesign

SMALL = planted_study(LocateDesign(map_points=40, zoom_points=24, confirm_blocks=6))


@pytest.fixture(scope="module")
def looked_twice() -> LookRow:
    """Four studies, each looked at twice at most."""
    return calibrate_looks(SCENARIOS["A"], 4, 5, looks=2, spec=SMALL)


def test_every_study_ends_once_and_counts_repeat(looked_twice: LookRow) -> None:
    row = looked_twice
    assert (len(row.supported), len(row.refuted)) == (2, 2)
    assert sum(row.supported) + sum(row.refuted) + sum(row.inconclusive.values()) == row.studies == 4
    assert (row.false_verdicts, row.refuted) == (0, (0, 0))
    assert row.false_upper == pytest.approx(0.5271, abs=1e-4)
    assert row == calibrate_looks(SCENARIOS["A"], 4, 5, looks=2, spec=SMALL)


def test_more_looks_never_take_a_decision_back(looked_twice: LookRow) -> None:
    one, two = calibrate_looks(SCENARIOS["A"], 4, 5, looks=1, spec=SMALL), looked_twice
    assert two.supported[0] == one.supported[0]
    assert sum(two.supported) >= sum(one.supported)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_optimum_at_the_border_is_not_supported_more_often_for_looking_again() -> None:
    row = calibrate_looks(displaced(0.70), 60, 7, looks=3)
    assert row.false_verdicts <= 0.05 * row.studies + 2 * np.sqrt(0.05 * 0.95 * row.studies)
