"""The highest-density region of argmax draws, as p-values."""

from __future__ import annotations

import numpy as np
import pytest

from studies.verdict.likely import likely_of, share_near
from studies.verdict.model import LEVEL

STEP = np.array([0.1, 0.1])


def _on_grid(points: np.ndarray) -> np.ndarray:
    return np.round(points / STEP) * STEP


def test_the_region_of_normal_draws_has_their_content() -> None:
    rng = np.random.default_rng(3)
    likely = likely_of(_on_grid(rng.normal(0.0, 0.6, size=(4000, 2))), STEP)
    fresh = rng.normal(0.0, 0.6, size=(4000, 2))
    assert (likely.p_values(fresh) > LEVEL).mean() == pytest.approx(0.975, abs=0.01)


def test_a_lower_second_top_belongs_to_the_region_and_the_ground_between_does_not() -> None:
    rng = np.random.default_rng(4)
    near, far = rng.normal(0.0, 0.2, size=(900, 2)), rng.normal(3.0, 0.2, size=(100, 2))
    p = likely_of(_on_grid(np.vstack([near, far])), STEP).p_values(np.array([[0.0, 0.0], [3.0, 3.0], [1.5, 1.5]]))
    assert p[0] == 1.0 and LEVEL < p[1] < 1.0 and p[2] <= 2.0 / 1001.0 + 1e-12


def test_p_values_never_are_zero_and_one_place_holds_all() -> None:
    likely = likely_of(np.zeros((100, 2)), STEP)
    assert likely.p_values(np.array([[0.0, 0.0], [50.0, 0.0]])).tolist() == [1.0, pytest.approx(2.0 / 101.0)]


def test_the_share_near_members_counts_a_step_each_way() -> None:
    draws = np.array([[0.0, 0.0], [0.1, 0.0], [0.3, 0.0], [0.0, 0.2]])
    assert share_near(draws, np.array([[0.0, 0.0]]), STEP) == 0.5
    assert share_near(draws, np.empty((0, 2)), STEP) == 0.0
