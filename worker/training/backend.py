"""The interface between a stack and the backends that train its lanes: torch on tiles, or compiled kernels.

Lanes are known by their number, their place in the list that the stack was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from worker.training.measured import Codes

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Sums over the test images, one number per lane; those of dropped lanes are undefined."""

    correct: Rows  # (L,)
    cross_entropy: Rows  # (L,) nats
    own_loss: Rows  # (L,) undefined unless it was asked for


class Backend(Protocol):
    """Lanes with their weights and what their update rule keeps of them."""

    name: str

    def train(self, order: Tensor) -> Rows:
        """Trains every lane for an epoch.

        Args:
            order: (N,) numbers of the training images.

        Returns:
            (steps, L) each lane's mean loss before each step; undefined after the first that is not finite.
        """

    def evaluate(self, *, own_loss: bool) -> Scores:
        """Scores every lane on the test images; its own loss only where `own_loss`."""

    def codes(self) -> Codes:
        """Codes of the images held back, for the schedule that measures: classes predicted, or codes of each layer.

        Returns:
            (L, layers, n); undefined for lanes that were dropped.
        """

    def set_rates(self, eta: Rows) -> None:
        """Sets eta of the epochs to come, (L, layers); that of dropped lanes is ignored."""

    def drop(self, numbers: Sequence[int]) -> None:
        """Stops training some lanes for good."""

    def parameters(self, number: int) -> dict[str, Tensor]:
        """Copies of a lane's current parameters, under the names of `Network.parameter_shapes`."""
