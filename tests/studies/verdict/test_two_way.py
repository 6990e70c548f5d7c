from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from studies.verdict.two_way import fit_two_way

NAN = np.nan


def test_a_complete_table_gives_plain_means() -> None:
    table = np.random.default_rng(1).normal(size=(9, 4))
    fit = fit_two_way(table)
    assert fit.levels == pytest.approx(table.mean(axis=0))
    expected = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    assert fit.residual == pytest.approx(expected)
    assert fit.df == 24
    assert fit.counts.tolist() == [9.0] * 4


def test_an_arm_that_left_early_does_not_carry_its_blocks_effects() -> None:
    blocks, arms = np.arange(10.0)[:, None], np.array([0.0, 0.3, -0.2])
    table = blocks + arms
    table[4:, 2] = NAN
    fit = fit_two_way(table)
    assert fit.levels - fit.levels[0] == pytest.approx(arms)
    assert np.nanmax(np.abs(fit.residual)) < 1e-12
    assert fit.counts.tolist() == [10.0, 10.0, 4.0]


def test_least_squares_with_dummies_agrees() -> None:
    rng = np.random.default_rng(2)
    table = rng.normal(size=(12, 5))
    table[rng.random(table.shape) < 0.3] = NAN
    fit, (rows, columns) = fit_two_way(table), np.nonzero(np.isfinite(table))
    design = np.column_stack([np.eye(12)[rows], np.eye(5)[columns][:, 1:]])
    other = sm.OLS(table[rows, columns], design).fit()
    assert fit.residual[rows, columns] == pytest.approx(other.resid)
    assert fit.df == int(other.df_resid)
    assert fit.levels - fit.levels[0] == pytest.approx([0.0, *other.params[12:]])


def test_arms_without_a_common_block_are_not_compared() -> None:
    table = np.full((5, 3), NAN)
    table[:3, :2], table[3:, 2] = [[1.0, 2.0], [2.0, 3.5], [0.0, 1.2]], 7.0
    fit = fit_two_way(table)
    assert np.isfinite(fit.levels).tolist() == [True, True, False]
    assert fit.df == 2


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 1), (1, 4)])
def test_what_cannot_be_compared_has_no_degrees_of_freedom(shape: tuple[int, int]) -> None:
    assert fit_two_way(np.ones(shape)).df == 0
    assert fit_two_way(np.full(shape, NAN)).df == 0
