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


def run(accuracies: list[float], setup: Setup) -> History:
    made = History(Lane(0.1, 0.5, "sse", 0), setup)
    for epoch, accuracy in enumerate(accuracies, start=1):
        losses = np.array([0.45, 0.45])
        made.record(epoch, losses, correct=round(100 * accuracy), cross_entropy=1.0 / epoch, n_test=100)
        made.own_loss = 0.3
        if made.ended:
            break
    return made


def test_a_run_that_ends_at_its_target_keeps_the_metrics_of_its_end() -> None:
    setup = Setup(epochs=5, target_accuracy=0.5, stop_at_target=True)
    result = lane_result(run([0.2, 0.3, 0.6, 0.9], setup), setup, n_test=100, classes=10, steps=10)
    assert (result.epochs_to_target, result.accuracy, result.steps) == (3.0, 0.6, 6)
    np.testing.assert_allclose(result.accuracy_curve, [0.2, 0.3, 0.6, 0.6, 0.6], rtol=1e-6)
    np.testing.assert_allclose(result.cross_entropy_curve[2:], 1 / 3, rtol=1e-6)
    assert np.isnan(result.loss_curve).tolist() == [False, False, False, True, True]
    assert result.loss_area == pytest.approx(0.5), "of what was trained"


def test_a_part_of_an_epoch_counts_as_its_share() -> None:
    setup = Setup(epochs=3, target_accuracy=0.5, stop_at_target=True)
    made = run([0.2], setup)
    assert not made.look(2, 0.25, correct=49, n_test=100)
    assert made.look(2, 0.5, correct=50, n_test=100)
    made.record(2, np.array([0.0]), correct=50, cross_entropy=1.0, n_test=100, share=0.5)
    result = lane_result(made, setup, n_test=100, classes=10, steps=6)
    assert (result.epochs_to_target, result.steps, result.accuracy) == (1.5, 3, 0.5)
    assert result.loss_area == pytest.approx(0.5 / 1.5)


def test_without_an_end_the_first_look_at_the_target_counts() -> None:
    setup = Setup(epochs=3, target_accuracy=0.5)
    made = run([0.2], setup)
    assert not made.look(2, 0.5, correct=60, n_test=100), "it goes on"
    for epoch in (2, 3):
        made.record(epoch, np.array([0.1, 0.1]), correct=20, cross_entropy=1.0, n_test=100)
    result = lane_result(made, setup, n_test=100, classes=10, steps=6)
    assert (result.epochs_to_target, result.steps, result.accuracy) == (1.5, 6, 0.2)


@pytest.mark.parametrize(
    ("accuracies", "epochs"),
    [
        ([0.3, 0.4, 0.35, 0.2], 3),  # 0.35 is better than the worse of 0.3 and 0.4; 0.2 is not
        ([0.3, 0.3, 0.3, 0.3], 2),  # as good as the worst is no progress
        ([0.3, 0.31, 0.32, 0.33], None),
        ([0.3, 0.2, 0.3, 0.1], 3),
    ],
)
def test_patience_ends_with_an_epoch_no_better_than_the_worst_before(
    accuracies: list[float], epochs: int | None
) -> None:
    setup = Setup(epochs=4, target_accuracy=0.9, patience=2)
    made = run(accuracies, setup)
    assert made.ended == (None if epochs is None else (epochs + 1, 2))
    result = lane_result(made, setup, n_test=100, classes=10, steps=8)
    assert result.epochs_to_target is None
    assert len(result.accuracy_curve) == 4, "so that it counts as never reached within the cap"


def test_a_logistic_run_that_broke_counts_as_outputs_of_one_half() -> None:
    setup = Setup(epochs=1, network="logistic")
    made = History(Lane(0.1, 0.0, "sse", 0), setup)
    made.record(1, np.array([math.nan]), correct=0, cross_entropy=1.0, n_test=100)
    result = lane_result(made, setup, n_test=100, classes=10, steps=1)
    assert (result.own_loss, result.loss_area, result.cross_entropy) == (1.25, 1.0, math.log(10))
