"""What a stack asks of those who train its lanes: torch on tiles, or compiled kernels lane by lane.

Lanes are known by their number, their place in the list that the stack was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Sums over the test images, one number per lane; what it says of a dropped lane means nothing."""

    correct: Rows  # (L,)
    cross_entropy: Rows  # (L,) nats
    own_loss: Rows  # (L,) only promised where it was asked for


class Backend(Protocol):
    """Lanes with their weights and velocities."""

    name: str

    def train(self, order: Tensor) -> Rows:
        """Trains every lane for an epoch on the training images in this order.

        Returns:
            (steps, L) each lane's mean loss before each step; after the first that is not finite they mean nothing.
        """

    def evaluate(self, *, own_loss: bool) -> Scores:
        """Every lane on the test images."""

    def drop(self, numbers: Sequence[int]) -> None:
        """Lanes that shall train no more."""

    def parameters(self, number: int) -> dict[str, Tensor]:
        """Copies of a lane's present parameters, under the names of `Network.parameter_shapes`."""
