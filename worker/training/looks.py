"""The looks at the test images while a run trains: after some images within an epoch, and after each epoch."""

from __future__ import annotations

import math

from worker.training.lanes import Setup
from worker.training.minibatches import effective_batch, steps_per_epoch


def parts(setup: Setup, n_train: int) -> list[range]:
    """The steps of an epoch, cut where looks are due; each part ends with one, the last part with the epoch's.

    A look is due after the first step by which a multiple of `evaluate_every` images was trained in this epoch.
    """
    steps, batch = steps_per_epoch(setup, n_train), effective_batch(setup, n_train)
    if setup.evaluate_every is None:
        return [range(steps)]
    looks = {math.ceil(images / batch) for images in range(setup.evaluate_every, n_train, setup.evaluate_every)}
    ends = [*sorted(look for look in looks if look < steps), steps]
    return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def share(setup: Setup, n_train: int, steps: int) -> float:
    """Share of an epoch's images that its first steps train on."""
    batch, whole = effective_batch(setup, n_train), steps_per_epoch(setup, n_train)
    return min(steps * batch, n_train) / min(whole * batch, n_train)


def needed(setup: Setup, n_test: int) -> int:
    """The smallest number of correct test images that has the target accuracy."""
    return next(
        correct for correct in _about(setup.target_accuracy * n_test) if correct / n_test >= setup.target_accuracy
    )


def _about(number: float) -> range:
    return range(max(0, math.floor(number) - 1), math.ceil(number) + 2)
