"""One training from one start whose learning rate is set anew every some steps, and what it knows after each of them.

The measurements are those of `schedules/mi_decay.py` with one rate for all layers: the information between predicted
class and label on images held back from the training part.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from worker.training.backend import Backend
from worker.training.engine import check
from worker.training.held_back import set_apart
from worker.training.information import entropy, information
from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import effective_batch
from worker.training.networks import build_network
from worker.training.stack import choose_backend


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
    network = build_network(setup.network, (channels, height, width), fold.classes, setup.width)
    backend = choose_backend(network, setup, fold, [lane])

    def known() -> float:
        return information(backend.codes()[0, 0], labels)

    start, stages = known(), list[tuple[float | None, float | None]]()
    parts = _parts(setup, len(fold.train_labels))
    for eta in etas:
        backend.set_rates(np.array([[eta]]))
        loss = _train(backend, parts, setup, len(fold.train_labels), steps)
        stages.append((known(), loss) if math.isfinite(loss) else (None, None))
        if not math.isfinite(loss):
            break
    return Walk(start, entropy(labels), len(labels), stages)


def _train(backend: Backend, parts: Iterator[Tensor], setup: Setup, n_train: int, steps: int) -> float:
    """Mean loss of some steps; not finite where one of them was not, or the weights after the last one are not."""
    batch, losses = effective_batch(setup, n_train), list[float]()
    while len(losses) < steps:
        order = next(parts)[: (steps - len(losses)) * batch]
        losses += backend.train(order)[: len(order) // batch, 0].tolist()
    sound = all(bool(value.isfinite().all()) for value in backend.parameters(0).values())
    return float(np.mean(losses)) if sound else math.nan


def _parts(setup: Setup, n_train: int) -> Iterator[Tensor]:
    """Orders of the training images without end, each drawn anew, whole batches of them."""
    generator = torch.Generator().manual_seed(setup.order_seed)
    batch = effective_batch(setup, n_train)
    while True:
        yield torch.randperm(n_train, generator=generator)[: n_train // batch * batch]
