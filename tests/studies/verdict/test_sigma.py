from __future__ import annotations

import numpy as np
import pytest

from studies.verdict.sigma import (
    Deviation,
    block_deviation,
    incomplete_deviation,
    pool,
    pooled_deviation,
    robust_deviation,
)


def test_pooled_deviation_of_one_group_is_the_sample_deviation() -> None:
    y = np.random.default_rng(1).normal(size=8)
    estimate = pooled_deviation(y, np.zeros(8, dtype=np.int64))
    assert estimate is not None
    assert (estimate.value, estimate.df) == (pytest.approx(np.std(y, ddof=1)), 7)


def test_pooled_deviation_ignores_what_lies_between_groups() -> None:
    y = np.array([0.0, 2.0, 100.0, 102.0, 7.0])
    estimate = pooled_deviation(y, np.array([0, 0, 1, 1, 2]))
    assert estimate == Deviation(pytest.approx(np.sqrt(2.0)), 2)


def test_pooled_deviation_needs_a_repeated_point() -> None:
    assert pooled_deviation(np.array([1.0, 2.0]), np.array([0, 1])) is None
    assert pooled_deviation(np.empty(0), np.empty(0, dtype=np.int64)) is None


def test_block_deviation_of_two_arms_is_that_of_the_difference_over_root_two() -> None:
    table = np.random.default_rng(2).normal(size=(12, 2))
    estimate = block_deviation(table)
    assert estimate is not None
    assert estimate.value == pytest.approx(np.std(table[:, 0] - table[:, 1], ddof=1) / np.sqrt(2))


def test_block_deviation_sees_neither_blocks_nor_arms() -> None:
    rng = np.random.default_rng(3)
    table = rng.normal(size=(10, 3))
    shifted = table + rng.normal(size=(10, 1)) * 50 + rng.normal(size=(1, 3)) * 50
    one, other = block_deviation(table), block_deviation(shifted)
    assert one is not None
    assert other is not None
    assert one.value == pytest.approx(other.value)


def test_pool_weighs_variances_by_degrees_of_freedom() -> None:
    assert pool([Deviation(1.0, 1), None, Deviation(3.0, 3)]) == Deviation(pytest.approx(np.sqrt(28 / 4)), 4)
    assert pool([None]) is None


def test_the_robust_deviations_are_the_plain_ones_for_normal_noise() -> None:
    rng = np.random.default_rng(21)
    groups, table = np.repeat(np.arange(100), 3), rng.normal(size=(100, 4))
    for robust, plain in (
        (robust_deviation(table[:, :3].ravel(), groups), pooled_deviation(table[:, :3].ravel(), groups)),
        (incomplete_deviation(table), block_deviation(table)),
    ):
        assert robust is not None
        assert plain is not None
        assert robust.df == plain.df
        assert robust.value == pytest.approx(plain.value, rel=0.1)


def test_a_few_runs_off_hardly_move_the_robust_deviations() -> None:
    rng = np.random.default_rng(22)
    table = rng.normal(size=(60, 4))
    holes = table.copy()
    holes[40:, 3], holes[5, 0] = np.nan, np.nan
    clean, odd = incomplete_deviation(holes), holes.copy()
    odd[::20, 1] -= 4.0
    found = incomplete_deviation(odd)
    assert clean is not None
    assert found is not None
    assert found.value < 1.3 * clean.value


def test_what_cannot_be_compared_has_no_robust_deviation() -> None:
    assert robust_deviation(np.empty(0), np.empty(0, dtype=np.int64)) is None
    assert robust_deviation(np.ones(3), np.arange(3)) is None
    assert incomplete_deviation(np.empty((0, 0))) is None
    assert incomplete_deviation(np.array([[1.0, np.nan], [np.nan, 2.0]])) is None
    assert incomplete_deviation(np.full((5, 3), 2.0)) == Deviation(0.0, 8)
