"""The rows of a stack: where each parameter lies in a lane's row, and the state that changes while lanes train."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from worker.training.lanes import Lane
from worker.training.networks import Network, Shaped, feedback_matrix, initial_parameters, is_decayed
from worker.training.rules import Kind, Layout, Part, Rule

Shapes = Mapping[str, tuple[int, ...]]  # of each parameter of one lane, in a fixed order
ALIGNMENT = 16  # every parameter starts at a multiple of 16 numbers: 64 bytes in float32


class Parameters:
    """Parameters of L lanes in one (L, n) matrix, one row per lane, with a named view of each."""

    def __init__(self, network: Shaped, flat: Tensor) -> None:
        self.flat = flat  # (L, n)
        self.views: dict[str, Tensor] = {}  # name -> (L, *shape)
        for name, shape, start, stop in _slots(network.parameter_shapes):
            self.views[name] = flat[:, start:stop].view(-1, *shape)

    @classmethod
    def zeros(cls, network: Shaped, lanes: int, like: Tensor) -> Parameters:
        """Zeros with the device and dtype of `like`."""
        return cls(network, like.new_zeros(lanes, row_size(network.parameter_shapes)))


def row_size(shapes: Shapes) -> int:
    """Numbers in a lane's row of parameters of these shapes."""
    *_, (_, _, _, stop) = _slots(shapes)
    return _aligned(stop)


def _slots(shapes: Shapes) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
    """(name, shape, start, stop) of each parameter within a lane's row."""
    start = 0
    for name, shape in shapes.items():
        stop = start + int(torch.Size(shape).numel())
        yield name, shape, start, stop
        start = _aligned(stop)


def _aligned(size: int) -> int:
    """The smallest multiple of ALIGNMENT that is not below `size`."""
    return math.ceil(size / ALIGNMENT) * ALIGNMENT


def layout_of(network: Shaped) -> Layout:
    """The parameters in a row of `Parameters.flat`; matrices are out × in."""
    return laid_out(network.parameter_shapes)


def laid_out(shapes: Shapes) -> Layout:
    """Parameters of these shapes in a row of `Parameters.flat`; matrices are out × in."""
    return Layout(tuple(plain_part(name, shape, start) for name, shape, start, _ in _slots(shapes)))


def plain_part(name: str, shape: tuple[int, ...], start: int) -> Part:
    """The place of a parameter whose numbers lie in their own order, from `start` on; a matrix is out × in."""
    stop = start + math.prod(shape)
    return Part(name, kind_of(name), start, stop, shape, outs=(1,), ins=tuple(range(2, len(shape) + 1)))


def kind_of(parameter: str) -> Kind:
    """What a parameter is, by its name in `Network.parameter_shapes`."""
    if parameter.rpartition(".")[0].endswith("norm"):
        return "norm"
    return "bias" if parameter.endswith(".bias") else "matrix"


def decay_row(layout: Layout, weight_decay: float, like: Tensor) -> Tensor | None:
    """(n,) weight decay of each number of rows such as `like`, (L, n); None if there is none."""
    if weight_decay == 0.0:
        return None
    row = like.new_zeros(like.shape[1])
    for part in layout.parts:
        row[part.start : part.stop] = weight_decay if is_decayed(part.name) else 0.0
    return row


def initial_row(network: Network, init_seed: int) -> Tensor:
    """Initial parameters of one lane as a float64 row of `Parameters.flat`."""
    row = Parameters.zeros(network, 1, torch.empty(0, dtype=torch.float64))
    for name, value in initial_parameters(network, init_seed).items():
        row.views[name][0] = value
    return row.flat[0]


def feedback_row(network: Network, init_seed: int) -> Tensor:
    """One lane's matrix of feedback alignment as a float64 row, padded to a multiple of ALIGNMENT."""
    matrix = feedback_matrix(network, init_seed).flatten()
    row = matrix.new_zeros(feedback_size(network))
    row[: len(matrix)] = matrix
    return row


def feedback_size(network: Network) -> int:
    """Numbers in a `feedback_row`."""
    return _aligned(network.classes * network.features)


@dataclass(slots=True)
class LaneState:
    """The state of lanes while they train, one row per lane, and the lanes themselves.

    Attributes:
        lanes: whose rows these are.
        weights: (L, n).
        buffers: (L, n) each, by the names of the rule's `BUFFERS`.
        scalars: (L, 1) or (L, parts) each, by the names of the rule's `SCALARS`.
        fixed: (L, m) each: what no step changes; "feedback" under feedback alignment, see `feedback_row`, and "eta",
            one number for each layer, under a schedule that measures.
    """

    lanes: list[Lane]
    weights: Tensor
    buffers: dict[str, Tensor]
    scalars: dict[str, Tensor]
    fixed: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        lanes: Sequence[Lane],
        weights: Tensor,
        rule: Rule,
        layout: Layout,
        fixed: dict[str, Tensor] | None = None,
    ) -> LaneState:
        """The state before the first step: buffers and scalars are zero."""
        columns = {"lane": 1, "tensor": len(layout.parts)}
        return cls(
            list(lanes),
            weights,
            {name: torch.zeros_like(weights) for name in rule.BUFFERS},
            {name: weights.new_zeros(len(weights), columns[extent]) for name, extent in rule.SCALARS.items()},
            fixed or {},
        )

    @classmethod
    def joined(cls, states: Sequence[LaneState]) -> LaneState:
        """The states of several tiles, copied into one."""
        first = states[0]
        return cls(
            [lane for state in states for lane in state.lanes],
            torch.cat([state.weights for state in states]),
            {name: torch.cat([state.buffers[name] for state in states]) for name in first.buffers},
            {name: torch.cat([state.scalars[name] for state in states]) for name in first.scalars},
            {name: torch.cat([state.fixed[name] for state in states]) for name in first.fixed},
        )

    def select(self, rows: Sequence[int]) -> LaneState:
        """The state of some lanes, copied."""
        index = torch.as_tensor(rows, device=self.weights.device)
        return LaneState(
            [self.lanes[row] for row in rows],
            self.weights.index_select(0, index),
            {name: value.index_select(0, index) for name, value in self.buffers.items()},
            {name: value.index_select(0, index) for name, value in self.scalars.items()},
            {name: value.index_select(0, index) for name, value in self.fixed.items()},
        )

    def freeze(self, dead: Tensor) -> None:
        """Sets the rows of some lanes to zero; `dead` is (L,) bool."""
        for tensor in (self.weights, *self.buffers.values(), *self.scalars.values(), *self.fixed.values()):
            tensor.masked_fill_(dead.unsqueeze(1), 0.0)
