"""Lanes for tests of stacked training, and the bits of what came of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch

from worker.training.lanes import LOSSES, LOSSES_OF, Fold, Lane, LaneResult, Setup
from worker.training.rules import rule
from worker.training.stack import Stack

# Relative to the largest weight of each parameter, after one epoch. In float32 the two differ by rounding only; the
# bound leaves room for the growth of rounding over an epoch at a moderate learning rate.
WEIGHT_TOLERANCE = {torch.float64: 1e-9, torch.float32: 5e-5}

_ON_THE_DEVICE = tuple(f.name for f in dataclasses.fields(Fold) if f.name not in ("classes", "train_groups"))
OF_THE_RULE = (
    *("implicit_rate_curve", "harmful_curve", "rate_epochs_curve"),
    *("first_rate_curve", "last_rate_curve", "first_used_rate_curve", "last_used_rate_curve"),
)


def one_lane_per_loss(eta: float = 0.05, alpha: float = 0.8) -> list[Lane]:
    """Lanes at one point, each with its own loss and initial weights."""
    return [Lane(eta, alpha, loss, seed) for seed, loss in enumerate(LOSSES)]


def bits(result: LaneResult) -> tuple[object, ...]:
    """A result as values that are equal only where every bit is; what is measured of its rules is left out."""
    values = {name: value for name, value in dataclasses.asdict(result).items() if name not in OF_THE_RULE}
    return tuple(value.tobytes() if isinstance(value, np.ndarray) else value for value in values.values())


def weights_of(stack: Stack, number: int) -> torch.Tensor:
    """All parameters of a lane in one row."""
    return torch.cat([value.flatten() for value in stack.parameters(number).values()])


def moved(fold: Fold, device: str) -> Fold:
    """The fold on another device, but for its groups, which stay on the CPU."""
    images = {name: getattr(fold, name) for name in _ON_THE_DEVICE}
    return dataclasses.replace(fold, **{name: value.to(device) for name, value in images.items() if value is not None})


def fitted(rule_name: str, lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes with eta 1 where the rule has no learning rate, and alpha 0 where it has no momentum weight."""
    chosen = rule(rule_name)
    return [
        dataclasses.replace(lane, eta=lane.eta if chosen.ETA else 1.0, alpha=lane.alpha if chosen.ALPHA else 0.0)
        for lane in lanes
    ]


def trainable(network: str, lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes with a loss that trains the network: their own, or the first that does."""
    losses = LOSSES_OF.get(network, LOSSES)
    return [lane if lane.loss in losses else dataclasses.replace(lane, loss=losses[0]) for lane in lanes]


def other_numbers(rule_name: str, factor: float) -> tuple[tuple[str, float], ...]:
    """A lane's own numbers of a rule: its defaults times a factor below 1."""
    return tuple((name, factor * value) for name, value in rule(rule_name).NUMBERS.items())


def largest_gap(stack: Stack, number: int, expected: dict[str, torch.Tensor]) -> float:
    """Over the parameters of a lane, relative to the largest weight of each."""
    found = stack.parameters(number)
    return max(float((found[name] - value).abs().max() / value.abs().max()) for name, value in expected.items())


def short_of_memory(*, above: int, epoch: int, trained: bool = False) -> type[Stack]:
    """Stacks of a device whose memory runs out where there are more lanes: in this epoch, or once it is `trained`."""

    class SmallDevice(Stack):
        def __init__(self, lanes: Sequence[Lane], setup: Setup, fold: Fold) -> None:
            super().__init__(lanes, setup, fold)
            self._short = len(lanes) > above

        def run_epoch(self, number: int) -> None:
            due = self._short and number == epoch
            if not due or trained:
                super().run_epoch(number)
            if due:
                raise torch.OutOfMemoryError("CUDA out of memory.")

    return SmallDevice
