from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from studies.verdict import gaussian_process
from studies.verdict.gaussian_process import PRIOR_MEAN, _objective, _squares, fit_process, pool_repeats

RNG = np.random.default_rng(19)
X = RNG.uniform(0, 5, size=(60, 2))
F = np.sin(X[:, 0]) - 0.1 * X[:, 1] ** 2
Y = F + RNG.normal(0, 0.05, size=60)


def test_gradient_of_the_posterior_agrees_with_differences() -> None:
    squares = _squares(X, X)
    share, fixed = np.ones(60), np.full((60, 60), 1.0)
    args = (squares, (Y - Y.mean()) / Y.std(), share, fixed)
    for start in (PRIOR_MEAN, np.log([0.7, 1.5, 2.0, 0.1])):
        error = check_grad(
            lambda p: _objective(p, *args)[0],
            lambda p: _objective(p, *args)[1],
            start,
        )
        assert error < 1e-3


def test_mean_follows_the_function_between_the_data() -> None:
    new = np.random.default_rng(1).uniform(0.5, 4.5, size=(50, 2))
    truth = np.sin(new[:, 0]) - 0.1 * new[:, 1] ** 2
    assert np.sqrt(np.mean((fit_process(X, Y).mean(new) - truth) ** 2)) < 0.1


def test_noise_is_recovered() -> None:
    assert fit_process(X, Y).noise == pytest.approx(0.05, rel=0.5)


def test_draws_have_the_mean_and_cover_the_truth() -> None:
    process = fit_process(X, Y)
    new = np.random.default_rng(2).uniform(0.5, 4.5, size=(40, 2))
    draws = process.draws(new, count=2000, rng=np.random.default_rng(3))
    np.testing.assert_allclose(draws.mean(axis=0), process.mean(new), atol=0.02)
    truth = np.sin(new[:, 0]) - 0.1 * new[:, 1] ** 2
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    assert np.mean((truth >= low) & (truth <= high)) > 0.8


def test_block_offsets_leave_differences_alone() -> None:
    blocks = np.repeat([0, 1], 30)
    process = fit_process(X, Y + 2.0 * blocks, blocks=blocks)
    new = np.array([[1.5, 1.0], [4.5, 1.0]])
    difference = np.diff(process.mean(new))[0]
    assert difference == pytest.approx(np.sin(4.5) - np.sin(1.5), abs=0.15)


def test_repeats_equal_their_mean_with_less_noise() -> None:
    x, y = np.repeat(X[:10], 6, axis=0), np.repeat(Y[:10], 6) + np.tile([-0.1, 0.1, 0, 0, 0.05, -0.05], 10)
    points, means, repeats, blocks = pool_repeats(x, y, np.zeros(60, dtype=np.int64))
    assert len(points) == 10
    assert set(repeats) == {6.0}
    assert set(blocks) == {0}
    np.testing.assert_allclose(np.sort(means), np.sort(Y[:10]))


def test_constant_response_does_not_fail() -> None:
    process = fit_process(X, np.full(60, 2.0))
    np.testing.assert_allclose(process.mean(X), 2.0)


def test_of_very_many_rows_some_represent_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_process, "MOST_ROWS", 200)
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 5, size=(20_000, 2))
    y = np.sin(x[:, 0]) - 0.1 * x[:, 1] ** 2 + rng.normal(0, 0.05, size=len(x))
    repeats = np.ones(len(x))
    repeats[7::4000] = 30.0
    process = fit_process(x, y, repeats=repeats, blocks=np.arange(len(x)) // 8000)
    assert len(process.x) == 200
    assert {tuple(point) for point in x[7::4000]} <= {tuple(point) for point in process.x}
    assert process.noise == pytest.approx(0.05, rel=0.3)
    new = np.array([[1.5, 1.0], [3.0, 2.0], [4.5, 4.0]])
    truth = np.sin(new[:, 0]) - 0.1 * new[:, 1] ** 2
    np.testing.assert_allclose(np.diff(process.mean(new)), np.diff(truth), atol=0.05)
    again = fit_process(x, y, repeats=repeats, blocks=np.arange(len(x)) // 8000)
    np.testing.assert_array_equal(again.mean(new), process.mean(new))


def test_many_points_are_predicted_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    process = fit_process(X, Y)
    new = np.random.default_rng(4).uniform(0, 5, size=(500, 2))
    whole = process.mean(new)
    monkeypatch.setattr(gaussian_process, "MOST_CELLS", 60 * 40)
    np.testing.assert_allclose(process.mean(new), whole, rtol=0, atol=1e-9)
    assert process.mean(np.empty((0, 2))).shape == (0,)


def test_a_point_is_reached_where_a_row_lies_within_one_length(monkeypatch: pytest.MonkeyPatch) -> None:
    process = fit_process(X, Y)
    lengths = np.exp(process.log_parameters[:2])
    far = X.max(axis=0) + 1.01 * lengths
    near = X[7] + [0.99 * lengths[0], 0.0]
    assert process.reaches(np.vstack([X, near, far])).tolist() == [True] * 61 + [False]
    monkeypatch.setattr(gaussian_process, "MOST_CELLS", 100)
    assert process.reaches(np.vstack([X, near, far])).tolist() == [True] * 61 + [False]


def test_leave_one_out_is_what_a_fit_without_the_row_predicts() -> None:
    rng = np.random.default_rng(31)
    x = rng.uniform(-2.0, 2.0, (25, 2))
    y = np.sin(x[:, 0]) + 0.1 * rng.normal(size=25)
    process = fit_process(x, y)
    residual, deviation = process.leave_one_out()
    for i in (0, 7, 24):
        rest = np.arange(25) != i
        kernel = process.factor @ process.factor.T
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)], (y[rest] - process.centre) / process.scale)
        predicted = process.centre + process.scale * kernel[i, rest] @ weights
        explained = kernel[i, rest] @ np.linalg.solve(kernel[np.ix_(rest, rest)], kernel[rest, i])
        assert residual[i] == pytest.approx(y[i] - predicted)
        assert deviation[i] == pytest.approx(process.scale * np.sqrt(kernel[i, i] - explained))


def test_hyperparameters_can_be_taken_over_or_started_from() -> None:
    rng = np.random.default_rng(32)
    x = rng.uniform(-2.0, 2.0, (40, 2))
    y = np.sin(x[:, 0]) + 0.1 * rng.normal(size=40)
    first = fit_process(x, y)
    held = fit_process(x, y + 0.01 * rng.normal(size=40), near=first, fixed=True)
    assert held.log_parameters.tolist() == first.log_parameters.tolist()
    again = fit_process(x, y, near=first)
    assert again.log_parameters == pytest.approx(first.log_parameters, abs=0.05)


@pytest.mark.parametrize(("rows", "points"), [(1, 1), (7, 3), (60, 1), (60, 2501), (60, 1003)])
def test_covariances_made_piece_by_piece_are_those_made_at_once(rows: int, points: int) -> None:
    """Bit for bit, and as the kernel is written: variance (1 + d + d^2 / 3) exp(-d), d = sqrt(5) times the distance."""
    process = fit_process(X[:rows], Y[:rows])
    new = np.random.default_rng(4).uniform(-3.0, 8.0, size=(points, 2))
    squares = np.stack([np.subtract.outer(new[:, i], X[:rows, i]) ** 2 for i in range(2)])
    scaled = np.tensordot(np.exp(-2.0 * process.log_parameters[:2]), squares, axes=1)
    distance = gaussian_process.ROOT5 * np.sqrt(scaled)
    variance = np.exp(process.log_parameters[2])
    kernel = variance * (1.0 + distance + 5.0 / 3.0 * scaled) * np.exp(-distance)
    np.testing.assert_array_equal(
        gaussian_process._cross(new, process.x, process.log_parameters), gaussian_process.CONSTANT + kernel
    )
    heights = process.centre + process.scale * ((gaussian_process.CONSTANT + kernel) @ process.weights)
    np.testing.assert_array_equal(process.mean(new), heights)


def test_a_difference_is_known_as_well_as_its_draws_scatter() -> None:
    blocks = np.repeat([0, 1], 30)
    process = fit_process(X, Y + 2.0 * blocks, blocks=blocks)
    new, at = np.random.default_rng(5).uniform(0.5, 4.5, size=(12, 2)), np.array([1.0, 1.0])
    draws = process.draws(np.vstack([new, at]), count=20_000, rng=np.random.default_rng(6))
    scatter = (draws[:, :-1] - draws[:, -1:]).std(axis=0)
    np.testing.assert_allclose(process.gap_deviations(new, at), scatter, rtol=0.05, atol=1e-3)
    assert process.gap_deviations(at[None, :], at)[0] == 0.0
    assert (scatter < 0.3 * draws[:, :-1].std(axis=0)).all(), "what the offsets leave open cancels in a difference"
