from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.verdict import noise_ratios, region
from studies.verdict.region import (
    BETA,
    coefficient_draws,
    hardest_p_values,
    location_p_values,
    resolution,
    shown_within,
    simultaneous_regret,
)
from studies.verdict.surface import Surface, fit_surface

GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 13), np.linspace(-1, 1, 13)), axis=-1).reshape(-1, 2)


def _bowl(rng: np.random.Generator, *, curvature: float, noise: float = 0.1, n: int = 150) -> Surface:
    """A quadratic fit of a ridge along the second axis, optimum at the origin."""
    x = rng.uniform(-1, 1, size=(n, 2))
    y = -(x[:, 0] ** 2) - curvature * x[:, 1] ** 2 + noise * rng.normal(size=n)
    return fit_surface(x, y, degree=2)


def test_draws_have_the_coefficients_covariance() -> None:
    surface = _bowl(np.random.default_rng(1), curvature=1.0)
    draws = coefficient_draws(surface, count=50_000, rng=np.random.default_rng(2))
    inflation = surface.df / (surface.df - 2)
    np.testing.assert_allclose(np.cov(draws), surface.covariance * inflation, atol=0.02 * surface.covariance.max())


@pytest.mark.parametrize("curvature", [1.0, 0.0])
def test_region_covers_the_optimum_at_its_rate(curvature: float) -> None:
    """400 studies of a bowl and of a flat ridge: the optimum is missed in at most 5 %, within three standard errors."""
    rng = np.random.default_rng(3)
    origin = np.zeros((1, 2))
    missed = 0
    for _ in range(400):
        surface = _bowl(rng, curvature=curvature)
        draws = coefficient_draws(surface, count=400, rng=rng)
        missed += location_p_values(surface, origin, np.vstack([GRID, origin]), draws)[0] <= 0.05
    assert missed / 400 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_region_excludes_what_lies_far_from_the_optimum() -> None:
    rng = np.random.default_rng(4)
    surface = _bowl(rng, curvature=1.0)
    p_values = location_p_values(surface, GRID, GRID, coefficient_draws(surface, count=400, rng=rng))
    distance = np.linalg.norm(GRID, axis=1)
    assert p_values[distance > 0.6].max() <= 0.05
    assert p_values[np.argmax(surface.values(GRID))] == 1.0
    assert p_values.min() >= BETA


def test_region_of_a_flat_ridge_runs_along_it() -> None:
    rng = np.random.default_rng(5)
    surface = _bowl(rng, curvature=0.0)
    p_values = location_p_values(surface, GRID, GRID, coefficient_draws(surface, count=400, rng=rng))
    members = GRID[p_values > 0.05]
    assert np.ptp(members[:, 1]) == pytest.approx(2.0)
    assert np.ptp(members[:, 0]) < 1.0


def test_regret_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(6)
    at, covered = np.array([0.5, 0.5]), 0
    for _ in range(200):
        surface = _bowl(rng, curvature=1.0)
        regret = simultaneous_regret(surface, at, GRID, coefficient_draws(surface, count=400, rng=rng))
        covered += regret.low <= 0.5 <= regret.high
        assert regret.low <= regret.estimate <= regret.high
    assert covered / 200 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def test_margin_test_holds_its_level_at_the_margin() -> None:
    """The true regret at (0.5, 0.5) is 0.5: "no more than 0.5" is rejected in at most 5 %, "no more than 0.3" often."""
    rng = np.random.default_rng(7)
    at = np.array([[0.5, 0.5]])
    rejected = np.zeros(2)
    for _ in range(300):
        surface = _bowl(rng, curvature=1.0)
        draws = coefficient_draws(surface, count=400, rng=rng)
        rejected += [
            location_p_values(surface, at, np.vstack([GRID, at]), draws, margin=m)[0] <= 0.05 for m in (0.5, 0.3)
        ]
    assert rejected[0] / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert rejected[1] / 300 > 0.8


def _as_written(
    surface: Surface, points: NDArray[np.float64], draws: NDArray[np.float64], margin: float, beta: float
) -> NDArray[np.float64]:
    """The p-values as the module's text defines them, all noise at once."""
    phi = surface.phi(points)
    inverse = region._inverse_errors(surface, phi, phi)
    fitted, noise = phi @ surface.beta, (phi @ draws).astype(np.float32)
    found = []
    for i in range(len(points)):
        ratios = ((fitted - fitted[i] - margin) * inverse[i]).astype(np.float32)
        lowered = (noise - noise[i]) * inverse[i].astype(np.float32)[:, None]
        bound = np.quantile(-lowered.min(axis=0), 1.0 - beta)
        lowered += np.minimum(ratios + np.float32(bound), 0.0)[:, None]
        reached = np.count_nonzero(lowered.max(axis=0) >= ratios.max())
        found.append(min(1.0, beta + (1 + reached) / (draws.shape[1] + 1)))
    return np.array(found)


@pytest.mark.parametrize("curvature", [1.0, 0.2, 0.0])
@pytest.mark.parametrize(("count", "beta"), [(500, BETA), (5000, BETA / 10)])
def test_what_is_left_out_changes_no_p_value(
    curvature: float, count: int, beta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit: points that no draw can reach, pieces of draws, draws that stay below T."""
    monkeypatch.setattr(noise_ratios, "PIECE", 300)
    rng = np.random.default_rng(9)
    surface, points = _bowl(rng, curvature=curvature), GRID[::2]
    draws = coefficient_draws(surface, count=count, rng=rng)
    for margin in (0.0, 0.05):
        found = location_p_values(surface, points, points, draws, margin=margin, beta=beta)
        np.testing.assert_array_equal(found, _as_written(surface, points, draws, margin, beta))


def test_a_covariance_without_an_inverse_changes_no_p_value() -> None:
    rng = np.random.default_rng(10)
    surface = _bowl(rng, curvature=1.0)
    flat = np.zeros_like(surface.covariance)
    flat[:2, :2] = surface.covariance[:2, :2]
    for covariance in (flat, np.zeros_like(flat)):
        degenerate = replace(surface, covariance=covariance)
        draws = coefficient_draws(degenerate, count=300, rng=rng)
        found = location_p_values(degenerate, GRID[::3], GRID[::3], draws)
        np.testing.assert_array_equal(found, _as_written(degenerate, GRID[::3], draws, 0.0, BETA))


def test_the_largest_p_value_of_a_part_is_that_of_all_draws() -> None:
    rng = np.random.default_rng(8)
    surface = _bowl(rng, curvature=1.0)
    beta, count = resolution(0.0045)
    draws = coefficient_draws(surface, count=count, rng=rng)
    far = np.linalg.norm(GRID - np.array([0.1, -0.1]), axis=1) > 0.3
    parts = (far, ~far)
    quick = hardest_p_values(surface, GRID, draws, beta=beta, parts=parts)
    exact = location_p_values(surface, GRID, GRID, draws, beta=beta)
    assert quick[far].max() == exact[far].max() < 0.05
    assert quick[~far].max() == 1.0
    assert quick[-1] == exact[-1]
    np.testing.assert_array_equal(
        quick > 0.05, location_p_values(surface, GRID, GRID, draws[:, :500], beta=beta) > 0.05
    )


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.3, 1.0, 10.0])
def test_points_are_shown_within_a_margin_as_their_regret_says(margin: float) -> None:
    rng = np.random.default_rng(11)
    surface = _bowl(rng, curvature=0.5)
    draws = coefficient_draws(surface, count=500, rng=rng)
    plain = [simultaneous_regret(surface, x, GRID, draws).high < margin for x in GRID]
    assert shown_within(surface, GRID, GRID, draws, margin=margin).tolist() == plain
