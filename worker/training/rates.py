"""A training's learning rate and momentum weight by step, as plain tables in float64: what a schedule returns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LAST = "last"  # the last layer, among those that may have a rate of their own
ROUNDING = 1e-9  # of a number of steps that was computed as a share of the training

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Length:
    """The length of a training.

    Attributes:
        steps: of the whole training, at least 1.
        steps_per_epoch: of one epoch; the last partial batch counts unless it is dropped.
    """

    steps: int
    steps_per_epoch: int


@dataclass(frozen=True, slots=True)
class Rates:
    """One lane's rates by step: row t holds what step t + 1 of the training uses.

    Attributes:
        eta: (steps,) learning rates, of every layer that `layers` does not name.
        alpha: (steps,) momentum weights.
        layers: (steps,) learning rates of layers that have their own: "first", everything before the ReLU, and "last".
    """

    eta: Table
    alpha: Table
    layers: Mapping[str, Table] = field(default_factory=dict)


def layer_of(parameter: str) -> str:
    """The layer of a parameter, by its name in `Network.parameter_shapes` or in a plain module."""
    return LAST if parameter.startswith("last.") else "first"


def steady(value: float, length: Length) -> Table:
    """(steps,) the same value at every step."""
    return np.full(length.steps, value, dtype=np.float64)


def falling(start: float, end: float, share: float, length: Length) -> Table:
    """(steps,) `start`, then a straight line down to `end` over the last share of the steps.

    The line takes n = ceil(share * steps) steps. Its first step still has `start`, the last step of the training has
    exactly `end`; where n is 1 only the last step differs from `start`.

    Raises:
        ValueError: `share` lies outside (0, 1].
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"`share` must lie above 0 and not above 1, got {share}")
    fall = min(length.steps, max(1, math.ceil(share * length.steps - ROUNDING)))
    table = steady(start, length)
    table[length.steps - fall :] = np.linspace(start, end, fall)
    table[-1] = end  # also where the line is one step long
    return table
