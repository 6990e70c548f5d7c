"""The outcome of a run, from its epochs to its metrics."""

from __future__ import annotations

import math

import numpy as np
import pytest

from worker.training.lanes import Lane, Setup
from worker.training.outcomes import History, chance_limit, lane_result

SETUP = Setup(epochs=3, target_accuracy=0.5)


def history(accuracies: list[float], losses: list[float], loss: str = "sse", n_test: int = 100) -> History:
    made = History(Lane(0.1, 0.5, loss, 0), SETUP)
    for epoch, (accuracy, value) in enumerate(zip(accuracies, losses, strict=True), start=1):
        alive = made.record(
            epoch, np.array([value, value]), correct=round(accuracy * n_test), cross_entropy=1.0, n_test=n_test
        )
        made.own_loss = 0.3
        if not alive:
            break
    return made


def test_learned_run_reports_what_was_measured() -> None:
    result = lane_result(history([0.2, 0.6, 0.8], [0.9, 0.45, 0.0]), SETUP, n_test=100, classes=10, steps=6)
    assert (result.correct, result.accuracy, result.epochs_to_target) == (80, 0.8, 2)
    assert result.error == pytest.approx(0.2)
    assert (result.divergence, result.diverged_at, result.steps) == (None, None, 6)
    assert (result.cross_entropy, result.own_loss) == (1.0, 0.3)
    assert result.loss_area == pytest.approx(0.5)  # uniform SSE is 0.9: (1 + 0.5 + 0) / 3
    assert result.accuracy_curve.dtype == np.float32


def test_loss_area_is_relative_to_the_floor() -> None:
    uniform, lowest = 2.9310228039335, 2.5
    losses = [uniform, 0.5 * (uniform + lowest), lowest]
    result = lane_result(history([0.8] * 3, losses, "golden"), SETUP, n_test=100, classes=10, steps=6)
    assert result.loss_area == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_non_finite_run_scores_as_uniform_softmax(bad: float) -> None:
    result = lane_result(history([0.8, 0.8, 0.8], [0.45, bad, 0.45]), SETUP, n_test=104, classes=10, steps=6)
    assert (result.divergence, result.diverged_at) == ("non-finite", 3)
    assert (result.correct, result.cross_entropy) == (10, math.log(10))
    assert result.own_loss == pytest.approx(0.9)
    assert result.epochs_to_target is None
    assert result.loss_area == pytest.approx((0.5 + 1 + 1) / 3)
    assert np.isnan(result.loss_curve).tolist() == [False, True, True]
    np.testing.assert_allclose(result.accuracy_curve, [80 / 100, 0.1, 0.1], rtol=1e-6)


def test_step_of_divergence_counts_within_the_epoch() -> None:
    made = History(Lane(0.1, 0.5, "sse", 0), SETUP)
    assert made.record(1, np.array([0.9, 0.8, 0.7]), correct=50, cross_entropy=1.0, n_test=100)
    assert not made.record(2, np.array([0.9, math.nan, math.nan]), correct=50, cross_entropy=1.0, n_test=100)
    assert made.diverged_at == 5


def test_non_finite_test_loss_counts_as_the_last_step_of_its_epoch() -> None:
    made = History(Lane(0.1, 0.5, "sse", 0), SETUP)
    assert not made.record(2, np.array([0.9, 0.9, 0.9]), correct=50, cross_entropy=math.nan, n_test=100)
    assert made.diverged_at == 6


@pytest.mark.parametrize(("correct", "divergence"), [(18, "chance"), (19, "chance"), (20, None)])
def test_chance_rule_is_three_binomial_deviations(correct: int, divergence: str | None) -> None:
    assert chance_limit(100, 10) == pytest.approx(10 + 3 * 3.0)
    result = lane_result(history([correct / 100] * 3, [0.8] * 3), SETUP, n_test=100, classes=10, steps=6)
    assert result.divergence == divergence
    assert result.diverged_at == (6 if divergence else None)
    assert result.correct == (10 if divergence else correct)
