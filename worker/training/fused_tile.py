"""A tile whose loss and batch norm are one kernel each, for a device; `tile.py` has the same in torch's operations."""

from __future__ import annotations

import torch
from torch import Tensor

from worker.training.batch_norm import Fused, Moments
from worker.training.fused import ops
from worker.training.lanes import LOSSES, Setup
from worker.training.minibatches import Chunk
from worker.training.networks import Network
from worker.training.state import LaneState, Parameters
from worker.training.tile import Tile, Workspace
from worker.training.timetable import Timetable


class FusedTile(Tile):
    """See `Tile`."""

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
        numbers = [LOSSES.index(lane.loss) for lane in state.lanes]
        self._loss_of = torch.tensor(numbers, dtype=torch.int32, device=state.weights.device)

    def first_weights(self, moments: Moments) -> Tensor | Fused:
        """See `Tile`."""
        if not self._network.batch_norm:
            return super().first_weights(moments)
        weights = self._weights.views
        weight = weights["first.weight"]
        lanes, channels, size = weight.shape
        fused = Fused(
            weight.new_empty(lanes, channels, size + 1),
            weight.new_empty(lanes, channels, 1),
            weight.new_empty(lanes, channels, size),
        )
        inputs = (weight, weights["norm.scale"], weights["norm.offset"], moments.mean, moments.covariance)
        ops.fuse(*inputs, fused.weight, fused.deviation, fused.covariance_weight)
        return fused

    def _loss_gradient(
        self, logits: Tensor, chunk: Chunk, share: Tensor, loss_out: Tensor, gradient: Parameters, *, first: bool
    ) -> Tensor:
        weighted = torch.empty_like(logits)
        bias = gradient.views["last.bias"]
        ops.softmax_loss(logits, chunk.is_true, share, self._loss_of, weighted, loss_out, bias, not first)
        return weighted

    def _norm_gradient(self, sums: Tensor, first: Fused, moments: Moments, views: dict[str, Tensor]) -> None:
        weights = self._weights.views
        own = (weights["first.weight"], weights["norm.scale"], moments.mean)
        written = (views["first.weight"], views["norm.scale"], views["norm.offset"])
        ops.norm_backward(sums, *own, first.deviation, first.covariance_weight, *written)
