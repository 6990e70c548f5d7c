"""Momentum SGD, constant and annealed, on the noisy quadratic: the variance of closed forms, by the real engine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from closed_forms import annealed, stationary_variance, variance_after

from worker.training.data import load_dataset, make_fold, split
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup

PIXELS = 256
NOISE = 2 / PIXELS / 4  # variance of a gradient of one image
FLOOR = 0.25  # loss of the mean image
ETA, ALPHA, STEPS, RUNS = 0.05, 0.6, 4_000, 3


@pytest.fixture(scope="module")
def fold() -> Fold:
    """4,000 images to train on: whole pairs of opposites."""
    dataset = load_dataset("noisy-ones", Path("/nonexistent"), download=False)
    train_part, test = split(dataset, folds=5, fold=1, seed=3)
    return make_fold(dataset, train_part[:STEPS], test[:500], "cpu")


@pytest.mark.parametrize("moves", ["", "alpha", "eta"])
def test_the_final_loss_is_that_of_the_closed_form(fold: Fold, moves: str) -> None:
    """Three runs of 256 coordinates have a relative standard error of 5 %; drawing without replacement takes 1 %."""
    schedule = f"anneal_{moves}" if moves else "constant"
    setup = Setup(network="quadratic", schedule=schedule, batch_size=1, epochs=1, weight_decay=0.0, target_accuracy=0.5)
    found = []
    for order_seed in range(RUNS):
        (result,) = train(
            [Lane(ETA, ALPHA, "cross_entropy", 1)], dataclasses.replace(setup, order_seed=order_seed), fold
        )
        assert result.accuracy == 1.0
        found.append(result.cross_entropy - FLOOR)
    variance = variance_after(annealed(ETA, ALPHA, moves, STEPS // 4), curvature=1.0, noise=NOISE)
    assert sum(found) / RUNS == pytest.approx(PIXELS / 2 * variance, rel=0.2)


def test_the_recursion_has_the_stationary_variance() -> None:
    steady = variance_after(annealed(ETA, ALPHA, "", 1), curvature=2.0, noise=NOISE)
    assert steady == pytest.approx(stationary_variance(ETA, ALPHA, curvature=2.0, noise=NOISE), rel=1e-9)
