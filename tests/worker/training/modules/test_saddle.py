"""Leaving a saddle: the engine takes the steps of the recursion without noise, and two starts tell the growth root."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from closed_forms import growth_root, steps_to_leave

from worker.training.data import load_dataset, make_fold, split
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup

NEAR, NEARER, BATCH, STEPS = 1e-2, 1e-6, 16, 400
LEFT = math.log(2) - 0.25  # squared distance at which a test image counts as right, the images' noise taken off


@pytest.fixture(scope="module")
def fold() -> Fold:
    dataset = load_dataset("noisy-ones", Path("/nonexistent"), download=False)
    train_part, test = split(dataset, folds=5, fold=1, seed=3)
    return make_fold(dataset, train_part[: BATCH * STEPS], test[:200], "cpu")


def steps(fold: Fold, lanes: list[Lane], start: float) -> list[float]:
    """Steps until half of the test images are right; a look every two."""
    setup = Setup(
        network="saddle",
        network_settings=(("start", start),),
        batch_size=BATCH,
        epochs=1,
        weight_decay=0.0,
        target_accuracy=0.5,
        evaluate_every=2 * BATCH,
    )
    return [STEPS * (result.epochs_to_target or math.nan) for result in train(lanes, setup, fold)]


def test_it_leaves_when_the_closed_form_says(fold: Fold) -> None:
    lanes = [Lane(eta, alpha, "cross_entropy", 1) for eta, alpha in ((0.1, 0.0), (0.0158679, 0.874), (0.05, 0.6))]
    near, nearer = steps(fold, lanes, NEAR), steps(fold, lanes, NEARER)
    for lane, first, second in zip(lanes, near, nearer, strict=True):
        for start, found in ((NEAR, first), (NEARER, second)):
            assert found == pytest.approx(steps_to_leave(lane.eta, lane.alpha, start=start, left=LEFT), rel=0.04, abs=2)
        growth = math.log(NEAR / NEARER) / (second - first)
        assert growth == pytest.approx(math.log(growth_root(lane.eta, lane.alpha)), rel=0.05)


@pytest.mark.parametrize("start", [0.0, -1.0, 1.5])
def test_a_start_out_of_bounds_is_refused(fold: Fold, start: float) -> None:
    with pytest.raises(ValueError, match="start of saddle must lie above 0"):
        steps(fold, [Lane(0.1, 0.0, "cross_entropy", 1)], start)
