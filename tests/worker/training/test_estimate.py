"""The estimate against the duration of the training that it foretells."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from worker.training.engine import train
from worker.training.estimate import seconds_per_training
from worker.training.lanes import Fold, Lane, Setup

MakeFold = Callable[..., Fold]


def test_estimate_is_of_the_order_of_the_true_duration(make_fold: MakeFold) -> None:
    fold, setup = make_fold(n_train=640, n_test=100, dtype=torch.float32), Setup(epochs=6, batch_size=64)
    estimate = 16 * seconds_per_training(setup, fold, lanes=16)
    start = time.perf_counter()
    train([Lane(0.01, 0.9, "golden", 0)] * 16, setup, fold)
    assert 0.1 < estimate / (time.perf_counter() - start) < 10.0  # wide: other processes share the machine


def test_estimate_works_on_a_fold_smaller_than_a_batch(make_fold: MakeFold) -> None:
    assert seconds_per_training(Setup(), make_fold(n_train=30, n_test=10), lanes=2) >= 0.0


def test_no_lanes_are_refused(make_fold: MakeFold) -> None:
    with pytest.raises(ValueError, match="lanes"):
        seconds_per_training(Setup(), make_fold(), lanes=0)
