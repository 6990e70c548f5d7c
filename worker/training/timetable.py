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
from worker.training.rates import Length, Rates, Table, layer_of
from worker.training.rules import Layout

LAYERED = ("fig3", "softmax", "mlp", "logistic")  # networks whose parameters are those of `rates.layer_of`


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
    apart = layers_of(setup)
    if apart and setup.network not in LAYERED:
        raise ValueError(f"`schedule_settings`: {setup.network} takes one rate for all its layers, got {apart[0]}")


def numbers_per_lane(setup: Setup, n_train: int) -> int:
    """Numbers that the tables of one lane hold on the device."""
    tables = 2 + len(layers_of(setup)) if schedules.has_tables(setup.schedule) else 0
    return tables * length_of(setup, n_train).steps


def layers_of(setup: Setup) -> tuple[str, ...]:
    """The layers to which the set-up's schedule gives learning rates of their own; the same for every lane."""
    if not schedules.has_tables(setup.schedule):
        return ()
    layers = getattr(schedules.schedule(setup.schedule), "LAYERS", ())
    own = schedules.own_values(setup.schedule, setup.schedule_settings) if layers else {}
    return tuple(layer for layer in layers if own[layer])


class Timetable:
    """Tables of eta and alpha, and the position that says which row is due.

    alpha's is (steps, L). So is eta's, unless layers have rates of their own: then it is (steps, L, 1 + layers), the
    rate of all others first, and each number of a lane's row takes its layer's.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        setup: Setup,
        length: Length,
        position: Tensor,
        like: Tensor,
        layout: Layout | None = None,
    ) -> None:
        """Computes the tables.

        Args:
            lanes: the tile's, one column each.
            setup: gives the schedule.
            length: of the training.
            position: (1,) int64 on the device, steps taken so far; whoever trains advances it after each step.
            like: gives device and dtype, and the numbers of a row where layers have rates of their own.
            layout: of a row; needed where layers have rates of their own.
        """
        rates = [rates_of(lane, setup, length) for lane in lanes]
        self._position = position
        layers = tuple(rates[0].layers)
        self._layer = layer_of_numbers(layers, layout, like) if layers and layout else None
        tables = [np.stack([each.eta, *(each.layers[name] for name in layers)], axis=1) for each in rates]
        self._eta = _on_device(tables if layers else [each.eta for each in rates], like)
        self._alpha = _on_device([each.alpha for each in rates], like)

    def put(self, eta: Tensor, alpha: Tensor) -> None:
        """Sets eta and alpha, (L, 1) each, to the rates of the step that is due; eta is (L, n) where layers differ."""
        torch.index_select(self._alpha, 0, self._position, out=alpha.view(1, -1))
        if self._layer is None:
            torch.index_select(self._eta, 0, self._position, out=eta.view(1, -1))
        else:
            due = torch.index_select(self._eta, 0, self._position)[0]  # (L, 1 + layers)
            torch.index_select(due, 1, self._layer, out=eta)

    def freeze(self, dead: Tensor) -> None:
        """Sets eta of some lanes to zero in every step; `dead` is (L,) bool."""
        self._eta.masked_fill_(dead if self._layer is None else dead.unsqueeze(1), 0.0)

    @property
    def by_layer(self) -> bool:
        """True where layers have rates of their own."""
        return self._layer is not None


def layer_of_numbers(layers: Sequence[str], layout: Layout, like: Tensor) -> Tensor:
    """(n,) column of each number of rows such as `like`, (L, n), in a table of eta: 0, or that of its layer."""
    columns = torch.zeros(like.shape[1], dtype=torch.int64)
    for part in layout.parts:
        layer = layer_of(part.name)
        columns[part.start : part.stop] = layers.index(layer) + 1 if layer in layers else 0
    return columns.to(like.device)


def _on_device(columns: Sequence[Table], like: Tensor) -> Tensor:
    """(steps, L) from a column per lane; (steps, L, k) from k of them."""
    return torch.from_numpy(np.stack(columns, axis=1)).to(like.dtype).to(like.device)
