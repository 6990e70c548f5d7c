from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from studies.verdict.surface import basis, coefficients, exponents, fit_surface

RNG = np.random.default_rng(7)
X = RNG.uniform(-2, 3, size=(120, 2))
BLOCKS = np.repeat(np.arange(6), 20)
Y = 0.4 * X[:, 0] - 0.3 * X[:, 1] ** 2 + BLOCKS + RNG.normal(size=120) * (1 + 0.3 * np.abs(X[:, 0]))


def _scaled(x: np.ndarray) -> np.ndarray:
    low, high = x.min(axis=0), x.max(axis=0)
    return (x - (low + high) / 2) / ((high - low) / 2)


@pytest.mark.parametrize("degree", [2, 3, 4, 5])
def test_basis_has_one_column_for_each_slope(degree: int) -> None:
    assert basis(X, degree).shape == (120, coefficients(degree))
    assert basis(X, degree, degree + 2).shape == (120, coefficients(degree) + 2)


def test_slopes_and_hc3_agree_with_statsmodels() -> None:
    surface = fit_surface(X, Y, degree=3)
    model = sm.OLS(Y, sm.add_constant(basis(_scaled(X), 3))).fit()
    np.testing.assert_allclose(surface.beta, model.params[1:], rtol=1e-8)
    assert surface.residual_deviation == pytest.approx(np.sqrt(model.mse_resid))
    assert surface.df == model.df_resid
    ours, theirs = np.sqrt(np.diag(surface.covariance)), model.get_robustcov_results("HC3").bse[1:]
    np.testing.assert_allclose(ours, theirs, rtol=0.01)  # the constant's 1/n of the leverage is corrected exactly


def test_block_effects_agree_with_one_dummy_per_block() -> None:
    surface = fit_surface(X, Y, degree=2, blocks=BLOCKS)
    model = sm.OLS(Y, np.column_stack([basis(_scaled(X), 2), np.eye(6)[BLOCKS]])).fit()
    np.testing.assert_allclose(surface.beta, model.params[:5], rtol=1e-8)
    assert surface.df == model.df_resid
    hc2, hc3 = (np.sqrt(np.diag(model.get_robustcov_results(kind).cov_params()))[:5] for kind in ("HC2", "HC3"))
    ours = np.sqrt(np.diag(surface.covariance))
    assert np.all(ours >= hc2 * 0.999)
    assert np.all(ours <= hc3 * 1.001)


def test_weighted_slopes_agree_with_statsmodels() -> None:
    weights = RNG.uniform(0.2, 2.0, size=120)
    surface = fit_surface(X, Y, degree=2, blocks=BLOCKS, weights=weights)
    model = sm.WLS(Y, np.column_stack([basis(_scaled(X), 2), np.eye(6)[BLOCKS]]), weights=weights).fit()
    np.testing.assert_allclose(surface.beta, model.params[:5], rtol=1e-8)


def test_covariance_is_calibrated_under_unequal_noise() -> None:
    rng = np.random.default_rng(11)
    spread = 0.2 * (1 + X[:, 0] - X[:, 0].min())
    fits = [fit_surface(X, spread * rng.normal(size=120), degree=2) for _ in range(400)]
    stated = np.mean([np.diag(fit.covariance) for fit in fits], axis=0)
    found = np.var([fit.beta for fit in fits], axis=0, ddof=1)
    np.testing.assert_allclose(stated / found, 1.1, atol=0.3)  # HC3 leans towards too wide


def test_exponents_name_the_columns() -> None:
    points = np.array([[1.0, 0.5]])  # every Legendre polynomial is 1 at 1
    second = np.polynomial.legendre.legvander(points[:, 1], 3)[0]
    np.testing.assert_allclose(basis(points, 3, 5)[0], [second[j] for _, j in exponents(3, 5)])
    assert exponents(3, 5)[-2:] == [(4, 0), (5, 0)]
