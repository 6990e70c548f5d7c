"""A tile of logistic networks: hidden and output units are logistic, there are no biases, the loss is squared.

Under `substitute` of the outputs' derivative, what goes back from them is (y - t) b(z) in place of (y - t) y (1 - y);
the outputs' own weights keep their gradient.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from worker.training import squared_error
from worker.training.backward_settings import choices_of
from worker.training.batch_norm import Fused, Moments
from worker.training.derivatives import DERIVATIVES
from worker.training.lanes import Setup
from worker.training.minibatches import Chunk
from worker.training.networks import Network
from worker.training.state import LaneState, Parameters
from worker.training.tile import Tile, Workspace
from worker.training.timetable import Timetable

_aten: Any = torch.ops.aten


class LogisticTile(Tile):
    """See `Tile`."""

    def __init__(
        self,
        network: Network,
        setup: Setup,
        state: LaneState,
        workspace: Workspace,
        timetable: Timetable | None = None,
    ) -> None:
        """See `Tile`; the set-up gives the targets as well."""
        super().__init__(network, setup, state, workspace, timetable)
        self._targets = setup.targets
        self._derivative = choices_of(setup)["derivative"] if setup.backward_rule == "substitute" else None
        self._sent: Tensor | None = None  # (L, K, n) what goes back from the outputs where it is no gradient

    def first_weights(self, moments: Moments) -> Tensor | Fused:
        """(L, H, pixels): there is no bias to add and no batch norm to fuse in."""
        return self._first.copy_(self._weights.views["first.weight"])  # the lanes' rows have other parameters between

    def kept_logits(self, chunk: Chunk, first: Tensor | Fused) -> Tensor:
        """See `Tile`."""
        assert isinstance(first, Tensor)
        pixels, last = chunk.patches[:-1], self._weights.views["last.weight"]
        outputs = self._workspace.outputs(pixels.shape[1])
        self._multiply(first.view(-1, first.shape[2]), pixels, out=outputs)
        hidden = outputs.sigmoid_().view(len(last), self._network.hidden, -1)
        return self._multiply(last, hidden, out=last.new_empty(len(last), last.shape[1], pixels.shape[1]))

    def log_outputs(self, logits: Tensor) -> Tensor:
        """See `Tile`."""
        return squared_error.log_outputs(logits)

    def values_and_gradient(self, logits: Tensor, chunk: Chunk) -> tuple[Tensor, Tensor]:
        """See `Tile`."""
        values, error, gradient = squared_error.values_and_gradient(logits, chunk.is_true, self._targets)
        if self._derivative is not None:
            DERIVATIVES[self._derivative].multiply(error, logits.clone())
            self._sent = error
        return values, gradient

    def _weighted(self, logit_gradient: Tensor, weight: Tensor) -> Tensor:
        if self._sent is not None:
            self._sent.mul_(weight)
        return logit_gradient.mul_(weight)

    def _accumulate(
        self, chunk: Chunk, first: Tensor | Fused, logit_gradient: Tensor, gradient: Parameters, *, add: bool
    ) -> None:
        space, multiply, lanes = self._workspace, self._multiply, len(logit_gradient)
        columns = chunk.patches.shape[1]
        outputs = space.outputs(columns).view(lanes, self._network.hidden, columns)
        multiply(logit_gradient, outputs.mT, out=space.last_gradient, add=add)
        flat = space.gradients(columns)
        sent = logit_gradient if self._sent is None else self._sent
        multiply(self._weights.views["last.weight"].mT, sent, out=flat.view(outputs.shape))
        _aten.sigmoid_backward.grad_input(flat, space.outputs(columns), grad_input=flat)
        multiply(flat, chunk.patches[:-1].mT, out=space.first_gradient, add=add)

    def _finish_gradient(self, gradient: Parameters, first: Tensor | Fused, moments: Moments) -> None:
        views, space = gradient.views, self._workspace
        self._finish_last(views)
        views["first.weight"].copy_(space.first_gradient.view(views["first.weight"].shape))
