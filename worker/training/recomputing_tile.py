"""A tile that never writes its hidden layer's activations down, for a device; `fused_tile.py` keeps them."""

from __future__ import annotations

import torch
from torch import Tensor

from worker.training.batch_norm import Fused
from worker.training.fused import hidden_ops as ops
from worker.training.fused_tile import FusedTile
from worker.training.lanes import Setup
from worker.training.minibatches import Chunk
from worker.training.networks import Network
from worker.training.state import LaneState, Parameters
from worker.training.tile import Workspace
from worker.training.timetable import Timetable


class RecomputingTile(FusedTile):
    """See `Tile`; for networks that `hidden_ops.suits`, under backpropagation."""

    def __init__(
        self,
        network: Network,
        setup: Setup,
        state: LaneState,
        workspace: Workspace,
        timetable: Timetable | None = None,
    ) -> None:
        """See `Tile`."""
        super().__init__(network, setup, state, workspace, timetable)
        self._alive = torch.ones(len(state.lanes), dtype=torch.bool, device=state.weights.device)

    def leave_out(self, rows: Tensor) -> None:
        """See `Tile`; a recorded step reads which they are."""
        self._alive &= ~rows

    def logits(self, chunk: Chunk, first: Tensor | Fused) -> Tensor:
        """See `Tile`."""
        last, bias = self._weights.views["last.weight"], self._weights.views["last.bias"]
        lanes, classes, _ = last.shape
        positions = self._network.positions
        parts = last.new_empty(ops.forward_parts(positions), lanes, classes, chunk.patches.shape[1] // positions)
        ops.hidden_logits(self._alive, chunk.patches, _numbers(first), last, bias, parts, self._precision)
        product = last.new_empty(parts.shape[1:])
        ops.add_up(parts, product, False)
        return product

    def _accumulate(
        self, chunk: Chunk, first: Tensor | Fused, logit_gradient: Tensor, gradient: Parameters, *, add: bool
    ) -> None:
        weight, last = _numbers(first), self._weights.views["last.weight"]
        parts = weight.new_empty(ops.backward_parts(self._network.positions), *weight.shape)
        own = (last, logit_gradient, gradient.views["last.weight"])
        ops.hidden_gradients(self._alive, chunk.patches, weight, *own, parts, self._precision, add)
        ops.add_up(parts, self._workspace.first_gradient, add)

    def _finish_last(self, views: dict[str, Tensor]) -> None:
        """The kernel has written it in its place."""


def _numbers(first: Tensor | Fused) -> Tensor:
    return first.weight if isinstance(first, Fused) else first
