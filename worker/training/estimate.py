"""How long a training takes here: short epochs, timed for a second or two and extrapolated."""

from __future__ import annotations

import dataclasses
import statistics
import time

import torch

from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import steps_per_epoch
from worker.training.stack import Stack

SHORT_STEPS, LONG_STEPS = 1, 4  # steps of the two epochs; their difference leaves out what an epoch costs besides
TEST_IMAGES = 512
CALIBRATION_SECONDS = 1.0  # then no new round begins
ROUNDS = range(3, 60)  # at least and at most; the first warms up


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
    short, long = _epoch_seconds(setup, fold, lanes)
    step = max(0.0, long - short) / (LONG_STEPS - SHORT_STEPS)
    n_test = len(fold.test_labels)
    evaluation = max(0.0, short - SHORT_STEPS * step) * n_test / min(n_test, TEST_IMAGES)
    return setup.epochs * (step * steps_per_epoch(setup, len(fold.train_labels)) + evaluation) / lanes


def _epoch_seconds(setup: Setup, fold: Fold, lanes: int) -> tuple[float, float]:
    """Median durations of the short and of the long epoch, run in turn so that both see the same load."""
    stacks = [_stack(setup, fold, lanes, steps) for steps in (SHORT_STEPS, LONG_STEPS)]
    seconds: list[list[float]] = [[], []]
    deadline = time.perf_counter() + CALIBRATION_SECONDS
    for epoch in range(1, ROUNDS.stop):
        for stack, durations in zip(stacks, seconds, strict=True):
            start = time.perf_counter()
            stack.run_epoch(epoch)  # ends with its metrics on the host, so a CUDA device has finished as well
            durations.append(time.perf_counter() - start)
        if epoch >= ROUNDS.start and time.perf_counter() > deadline:
            break
    short, long = (statistics.median(durations[1:]) for durations in seconds)
    return short, long


def _stack(setup: Setup, fold: Fold, lanes: int, steps: int) -> Stack:
    """A stack whose epochs have so many steps, on images of the fold."""
    images = steps * min(setup.batch_size, len(fold.train_labels))
    repeated = torch.arange(images, device=fold.train_labels.device) % len(fold.train_labels)
    small = dataclasses.replace(
        fold,
        train_images=fold.train_images[repeated],
        train_labels=fold.train_labels[repeated],
        test_images=fold.test_images[:TEST_IMAGES],
        test_labels=fold.test_labels[:TEST_IMAGES],
    )
    brief = dataclasses.replace(setup, epochs=ROUNDS.stop, batch_size=images // steps)
    return Stack([Lane(eta=0.01, alpha=0.9, loss="golden", init_seed=0)] * lanes, brief, small)
