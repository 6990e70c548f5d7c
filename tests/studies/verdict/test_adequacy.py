from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import f as f_distribution

from studies.verdict.adequacy import beyond_p_value, nested_p_value, pure_error_p_value, wald_p_value
from studies.verdict.surface import Surface, basis, fit_surface

RNG = np.random.default_rng(7)
X = RNG.uniform(-2, 3, size=(120, 2))
Y = 0.4 * X[:, 0] - 0.3 * X[:, 1] ** 2 + RNG.normal(size=120) * (1 + 0.3 * np.abs(X[:, 0]))


def _scaled(x: np.ndarray) -> np.ndarray:
    low, high = x.min(axis=0), x.max(axis=0)
    return (x - (low + high) / 2) / ((high - low) / 2)


def test_nested_p_value_agrees_with_statsmodels() -> None:
    simple, rich = (fit_surface(X, Y, degree=degree) for degree in (2, 3))
    small, large = (sm.OLS(Y, sm.add_constant(basis(_scaled(X), degree))).fit() for degree in (2, 3))
    assert nested_p_value(simple, rich) == pytest.approx(large.compare_f_test(small)[1])


def test_wald_p_value_agrees_with_statsmodels() -> None:
    simple, rich = (fit_surface(X, Y, degree=degree) for degree in (2, 3))
    model = sm.OLS(Y, sm.add_constant(basis(_scaled(X), 3))).fit().get_robustcov_results("HC3", use_t=True)
    test = model.f_test(np.eye(10)[6:])
    assert wald_p_value(simple, rich) == pytest.approx(float(test.pvalue), rel=0.05)


def test_wald_test_finds_only_the_terms_that_are_new() -> None:
    simple, rich = fit_surface(X, Y, degree=3, across=5), fit_surface(X, Y + X[:, 1] ** 4, degree=4, across=5)
    assert wald_p_value(simple, rich) < 1e-6
    same = fit_surface(X, Y, degree=3, across=6)
    found = (same.beta[-1] / np.sqrt(same.covariance[-1, -1])) ** 2
    assert wald_p_value(simple, same) == pytest.approx(float(f_distribution.sf(found, 1, same.df)))


def test_terms_are_not_tested_on_fewer_rows_than_they_need() -> None:
    for rows, tested in ((15, False), (16, True)):  # 1.5 for each of a cubic's ten coefficients, and the block's
        x, y = X[:rows], Y[:rows]
        p_value = beyond_p_value(partial(_fit, x, y), fit_surface(x, y, degree=2), None)
        assert (p_value is not None) == tested


def _fit(x: np.ndarray, y: np.ndarray, degree: int, across: int) -> Surface:
    return fit_surface(x, y, degree=degree, across=across)


def test_pure_error_agrees_with_an_analysis_of_variance() -> None:
    rng = np.random.default_rng(3)
    x, blocks = np.repeat(X[:12], 3, axis=0), np.tile(np.arange(3), 12)
    y = x[:, 0] ** 2 + blocks + rng.normal(size=36)
    surface = fit_surface(x, y, degree=2, blocks=blocks)
    cells = sm.OLS(y, np.column_stack([np.eye(12)[np.repeat(np.arange(12), 3)], np.eye(3)[blocks][:, 1:]])).fit()
    small = sm.OLS(y, np.column_stack([basis(_scaled(x), 2), np.eye(3)[blocks]])).fit()
    expected = cells.compare_f_test(small)[1]
    assert pure_error_p_value(surface, x, y, blocks=blocks, weights=np.ones(36)) == pytest.approx(expected)


def test_no_repeats_no_pure_error() -> None:
    surface = fit_surface(X, Y, degree=2)
    assert pure_error_p_value(surface, X, Y, blocks=None, weights=np.ones(120)) is None
