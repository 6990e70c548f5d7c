"""The scheduled rates of a tile's lanes on the device: tables by step, and the row at which the training stands.

The tables are a function of the lanes, so a tile that is packed anew makes them anew; only the position is state, and
all tiles of a stack share it. It is a tensor, and each step copies its row in place: an epoch that was recorded as a
CUDA graph goes on through the tables when it is replayed, and nothing crosses to the device or back between two steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from worker.training import schedules
from worker.training.lanes import Lane, Setup
from worker.training.minibatches import steps_per_epoch
from worker.training.rates import Length, Rates, Table


def length_of(setup: Setup, n_train: int) -> Length:
    """Length of a training on `n_train` images."""
    steps = steps_per_epoch(setup, n_train)
    return Length(setup.epochs * steps, steps)


def rates_of(lane: Lane, setup: Setup, length: Length) -> Rates:
    """A lane's rates by step.

    Raises:
        ValueError: the set-up's schedule is unknown, or its settings are.
    """
    own = schedules.own_values(setup.schedule, setup.schedule_settings)
    return schedules.schedule(setup.schedule).table(length, lane.eta, lane.alpha, own)


def check(setup: Setup, n_train: int) -> None:
    """Raises a ValueError that names the field for a schedule, or a setting of it, that cannot be trained."""
    own = schedules.own_values(setup.schedule, setup.schedule_settings)
    if schedules.measured(setup.schedule) is None:
        schedules.schedule(setup.schedule).table(length_of(setup, n_train), 1.0, 1.0, own)
    elif n_train < 2:
        raise ValueError(f"`schedule` {setup.schedule} needs two training images, one to measure on, got {n_train}")


def numbers_per_lane(setup: Setup, n_train: int) -> int:
    """Numbers that the tables of one lane hold on the device."""
    return 2 * length_of(setup, n_train).steps if schedules.has_tables(setup.schedule) else 0


class Timetable:
    """Tables of eta and alpha, (steps, L) each, and the position that says which row is due."""

    def __init__(self, lanes: Sequence[Lane], setup: Setup, length: Length, position: Tensor, like: Tensor) -> None:
        """Computes the tables.

        Args:
            lanes: the tile's, one column each.
            setup: gives the schedule.
            length: of the training.
            position: (1,) int64 on the device, steps taken so far; whoever trains advances it after each step.
            like: gives device and dtype.
        """
        rates = [rates_of(lane, setup, length) for lane in lanes]
        self._position = position
        self._eta = _on_device([each.eta for each in rates], like)
        self._alpha = _on_device([each.alpha for each in rates], like)

    def put(self, eta: Tensor, alpha: Tensor) -> None:
        """Sets eta and alpha, (L, 1) each, to the rates of the step that is due."""
        for table, target in ((self._eta, eta), (self._alpha, alpha)):
            torch.index_select(table, 0, self._position, out=target.view(1, -1))

    def freeze(self, dead: Tensor) -> None:
        """Sets eta of some lanes to zero in every step; `dead` is (L,) bool."""
        self._eta.masked_fill_(dead, 0.0)


def _on_device(columns: Sequence[Table], like: Tensor) -> Tensor:
    """(steps, L) from a column per lane."""
    return torch.from_numpy(np.stack(columns, axis=1)).to(like.dtype).to(like.device)
