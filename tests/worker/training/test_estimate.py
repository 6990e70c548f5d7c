"""Measured costs against the duration of a training that they foretell."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from worker.training.engine import train
from worker.training.estimate import measure_costs
from worker.training.lanes import NETWORKS, Fold, Lane, Setup

MakeFold = Callable[..., Fold]
CPU = torch.device("cpu")


def test_costs_foretell_the_order_of_a_true_duration(make_fold: MakeFold) -> None:
    fold, setup = make_fold(n_train=640, n_test=100, dtype=torch.float32), Setup(epochs=6, batch_size=64)
    image, step, test, epoch = measure_costs("fig3", tuple(fold.train_images.shape[1:]), CPU, seconds=0.2)
    estimate = 16 * 6 * (640 * image + 10 * step + 100 * test + epoch)
    start = time.perf_counter()
    train([Lane(0.01, 0.9, "golden", 0)] * 16, setup, fold)
    assert 0.1 < estimate / (time.perf_counter() - start) < 10.0  # wide: other processes share the machine


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_has_costs(network: str) -> None:
    costs = measure_costs(network, (1, 8, 8), CPU, seconds=0.0)
    assert min(costs) >= 0.0
    assert sum(costs) > 0.0
