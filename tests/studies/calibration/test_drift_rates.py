"""Simulated triples of contexts: a shared optimum is rarely called moved, a moved one is found along its own axis."""

from __future__ import annotations

from studies.calibration.drift_rates import drift_rates


def test_an_optimum_that_moved_far_is_found_and_its_distance_held() -> None:
    row = drift_rates(4.0, 1.0, 2, seed=5)
    assert (row.studies, row.located) == (2, 2)
    assert (row.joint, row.effective_rate, row.momentum) == (2, 2, 0)
    assert row.held == 2


def test_a_shared_optimum_is_not_called_moved_and_counts_repeat() -> None:
    row = drift_rates(1.0, 1.0, 2, seed=5)
    assert (row.joint, row.effective_rate, row.momentum, row.held) == (0, 0, 0, 2)
    assert row == drift_rates(1.0, 1.0, 2, seed=5)
