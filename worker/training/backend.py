"""The interface between a stack and the backends that train its lanes: torch on tiles, or compiled kernels.

Lanes are known by their number, their place in the list that the stack was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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

    def train(self, order: Tensor, part: range | None = None) -> Rows:
        """Trains every lane for an epoch, or for a part of it.

        Args:
            order: (N,) numbers of the training images.
            part: steps of the epoch, the next ones due; None: all.

        Returns:
            (steps, L) each lane's mean loss before each step; undefined after the first that is not finite.
        """

    def evaluate(self, *, own_loss: bool, numbers: Sequence[int] | None = None, least: int = 0) -> Scores:
        """Scores lanes on the test images.

        Args:
            own_loss: their own loss too.
            numbers: the lanes asked about; None: all that train. Scores of others are undefined.
            least: correct images below which a lane's scores are not needed: then `correct` is any number below it.
        """

    def drop(self, numbers: Sequence[int]) -> None:
        """Stops training some lanes for good."""

    def parameters(self, number: int) -> dict[str, Tensor]:
        """Copies of a lane's current parameters, under the names of `Network.parameter_shapes`."""


@runtime_checkable
class MeasuringBackend(Backend, Protocol):
    """A backend whose lanes a schedule that measures can train."""

    def codes(self) -> Codes:
        """Codes of the images held back, for the schedule that measures: classes predicted, or codes of each layer.

        Returns:
            (L, layers, n); undefined for lanes that were dropped.
        """

    def set_rates(self, eta: Rows) -> None:
        """Sets eta of the epochs to come, (L, layers); that of dropped lanes is ignored."""
