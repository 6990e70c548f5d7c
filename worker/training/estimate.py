"""How long a training takes here: two short epochs, timed and extrapolated."""

from __future__ import annotations

import dataclasses
import time

import torch

from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import steps_per_epoch
from worker.training.stack import Stack

SHORT_STEPS, LONG_STEPS = 1, 4  # steps of the two epochs; their difference leaves out what an epoch costs besides
TEST_IMAGES = 512


def seconds_per_training(setup: Setup, fold: Fold, *, lanes: int) -> float:
    """Wall-clock seconds that one lane's whole schedule costs when `lanes` lanes share a stack.

    Trains a few minibatches of the fold; loading the data and setting up the stack are not counted.

    Args:
        setup: network, batch size, epochs.
        fold: the data, of which a little is used.
        lanes: stack size, at least 1.

    Raises:
        ValueError: `lanes` is below 1.
    """
    if lanes < 1:
        raise ValueError(f"`lanes` must be at least 1, got {lanes}")
    short, long = (_epoch_seconds(setup, fold, lanes, steps) for steps in (SHORT_STEPS, LONG_STEPS))
    step = max(0.0, long - short) / (LONG_STEPS - SHORT_STEPS)
    n_test = len(fold.test_labels)
    evaluation = max(0.0, short - SHORT_STEPS * step) * n_test / min(n_test, TEST_IMAGES)
    return setup.epochs * (step * steps_per_epoch(setup, len(fold.train_labels)) + evaluation) / lanes


def _epoch_seconds(setup: Setup, fold: Fold, lanes: int, steps: int) -> float:
    """Duration of an epoch of so many steps, the second of two, so that buffers and caches are warm."""
    images = steps * min(setup.batch_size, len(fold.train_labels))
    repeated = torch.arange(images, device=fold.train_labels.device) % len(fold.train_labels)
    small = dataclasses.replace(
        fold,
        train_images=fold.train_images[repeated],
        train_labels=fold.train_labels[repeated],
        test_images=fold.test_images[:TEST_IMAGES],
        test_labels=fold.test_labels[:TEST_IMAGES],
    )
    batch_size = images // steps
    brief = dataclasses.replace(setup, epochs=2, batch_size=batch_size)
    stack = Stack([Lane(eta=0.01, alpha=0.9, loss="golden", init_seed=0)] * lanes, brief, small)
    stack.run_epoch(1)
    start = time.perf_counter()
    stack.run_epoch(2)  # ends with its metrics on the host, so a CUDA device has finished as well
    return time.perf_counter() - start
