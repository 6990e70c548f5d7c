"""One training from one start whose learning rate is set anew every some steps, and what it knows after each of them.

The measurements are those of `schedules/mi_decay.py` with one rate for all layers: the information between predicted
class and label on images held back from the training part.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from worker.training.backend import Backend, MeasuringBackend
from worker.training.engine import check
from worker.training.held_back import set_apart
from worker.training.information import entropy, information
from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import effective_batch
from worker.training.stack import choose_backend
from worker.training.structure import structure_of


@dataclass(frozen=True, slots=True)
class Walk:
    """Information in nats, before the first step and after each stage, and the stages' mean training losses.

    A stage in which the loss was no longer finite is the last one and has None for both.
    """

    start: float
    entropy: float
    images: int
    stages: list[tuple[float | None, float | None]]


def walk(lane: Lane, setup: Setup, fold: Fold, etas: Sequence[float], *, steps: int, held: float) -> Walk:
    """Trains one lane for some steps at each of some learning rates, one after the other.

    Args:
        lane: its own eta is not used.
        setup: its schedule is not used, nor its number of epochs; partial batches are left out.
        fold: the data; no test image is looked at.
        etas: learning rates, in this order.
        steps: at each of them.
        held: share of the training images that are held back to measure on.

    Raises:
        ValueError: something cannot be trained; the message names the field.
    """
    setup = dataclasses.replace(
        setup, schedule="mi_decay", schedule_settings=(("held", held),), drop_last=True, reshuffle=True
    )
    check([lane], setup, fold)
    fold = set_apart(fold, setup)
    assert fold.held_labels is not None
    labels = fold.held_labels.cpu().numpy()
    _, channels, height, width = fold.train_images.shape
    network = structure_of(setup, (channels, height, width), fold.classes)
    backend = choose_backend(network, setup, fold, [lane])
    assert isinstance(backend, MeasuringBackend)

    def known() -> float:
        return information(backend.codes()[0, 0], labels)

    start, stages = known(), list[tuple[float | None, float | None]]()
    batches = Batches(setup, len(fold.train_labels))
    for eta in etas:
        backend.set_rates(np.array([[eta]]))
        loss = _train(backend, batches, steps)
        stages.append((known(), loss) if math.isfinite(loss) else (None, None))
        if not math.isfinite(loss):
            break
    return Walk(start, entropy(labels), len(labels), stages)


def _train(backend: Backend, batches: Batches, steps: int) -> float:
    """Mean loss of some steps; not finite where one of them was not, or the weights after the last one are not."""
    losses = list[float]()
    while len(losses) < steps:
        order, count = batches.take(steps - len(losses))
        losses += backend.train(order)[:count, 0].tolist()
    sound = all(bool(value.isfinite().all()) for value in backend.parameters(0).values())
    return float(np.mean(losses)) if sound else math.nan


class Batches:
    """Whole batches of training images without end, each image once before any comes again, in orders drawn anew."""

    def __init__(self, setup: Setup, n_train: int) -> None:
        self._generator = torch.Generator().manual_seed(setup.order_seed)
        self._batch, self._images = effective_batch(setup, n_train), n_train
        self._left = torch.empty(0, dtype=torch.int64)

    def take(self, most: int) -> tuple[Tensor, int]:
        """Image numbers of the next batches of an order, and how many batches these are: `most`, or fewer."""
        if not len(self._left):
            order = torch.randperm(self._images, generator=self._generator)
            self._left = order[: self._images // self._batch * self._batch]
        taken, self._left = self._left[: most * self._batch], self._left[most * self._batch :]
        return taken, len(taken) // self._batch
