"""A tile: a fixed number of lanes that are trained by the same matrix products.

Stacks are cut into tiles of constant width (the last one is filled up by repeating a lane), so every matrix product
has the same shape whatever the stack, and a lane's bits do not depend on which lanes shared it. Nothing in a step
reduces over lanes: a lane that overflows to NaN stays alone with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from worker.training import batch_norm, losses
from worker.training.batch_norm import Fused, Moments
from worker.training.lanes import Lane, Setup
from worker.training.minibatches import Chunk, Minibatch
from worker.training.networks import Network, initial_parameters, is_decayed
from worker.training.products import products
from worker.training.update_rules import apply_update

ALIGNMENT = 16  # every parameter starts at a multiple of 16 numbers: 64 bytes in float32


class Parameters:
    """Parameters of L lanes in one (L, n) matrix, one row per lane, with a named view of each."""

    def __init__(self, network: Network, flat: Tensor) -> None:
        self.flat = flat  # (L, n)
        self.views: dict[str, Tensor] = {}  # name -> (L, *shape)
        for name, shape, start, stop in _slots(network):
            self.views[name] = flat[:, start:stop].view(-1, *shape)

    @classmethod
    def zeros(cls, network: Network, lanes: int, like: Tensor) -> Parameters:
        """Zeros with the device and dtype of `like`."""
        *_, (_, _, _, stop) = _slots(network)
        return cls(network, like.new_zeros(lanes, _aligned(stop)))


def _slots(network: Network) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
    """(name, shape, start, stop) of each parameter within a lane's row."""
    start = 0
    for name, shape in network.parameter_shapes.items():
        stop = start + int(torch.Size(shape).numel())
        yield name, shape, start, stop
        start = _aligned(stop)


def _aligned(size: int) -> int:
    """The smallest multiple of ALIGNMENT that is not below `size`."""
    return math.ceil(size / ALIGNMENT) * ALIGNMENT


def initial_row(network: Network, init_seed: int) -> Tensor:
    """Initial parameters of one lane as a float64 row of `Parameters.flat`."""
    row = Parameters.zeros(network, 1, torch.empty(0, dtype=torch.float64))
    for name, value in initial_parameters(network, init_seed).items():
        row.views[name][0] = value
    return row.flat[0]


@dataclass(slots=True)
class LaneState:
    """The state that changes while lanes train, one row per lane, and the lanes themselves."""

    lanes: list[Lane]
    weights: Tensor  # (L, n)
    velocity: Tensor  # (L, n)

    def select(self, rows: Sequence[int]) -> LaneState:
        """The state of some lanes, copied."""
        index = torch.as_tensor(rows, device=self.weights.device)
        picked = [self.lanes[row] for row in rows]
        return LaneState(picked, self.weights.index_select(0, index), self.velocity.index_select(0, index))


class Workspace:
    """Buffers that all tiles of a stack use in turn, so that no large tensor is allocated in the loop."""

    def __init__(self, network: Network, width: int, columns: int, like: Tensor) -> None:
        numbers = width * network.hidden * network.positions * columns
        self._outputs = like.new_empty(numbers)
        self._gradients = like.new_empty(numbers)
        self._hidden = width * network.hidden
        self.gradient = Parameters.zeros(network, width, like)
        self.last_gradient = like.new_empty(width, network.classes, network.features)
        self.first_gradient = like.new_empty(self._hidden, network.patch_size + 1)

    def outputs(self, columns: int) -> Tensor:
        """(L * c, P * n) buffer for the first layer's output; `columns` is P * n."""
        return self._outputs[: self._hidden * columns].view(self._hidden, columns)

    def gradients(self, columns: int) -> Tensor:
        """(L * c, P * n) buffer for the gradient at the first layer's output."""
        return self._gradients[: self._hidden * columns].view(self._hidden, columns)


class Tile:
    """Lanes with their weights and velocities, and one step of their training."""

    def __init__(self, network: Network, setup: Setup, state: LaneState, workspace: Workspace) -> None:
        """Takes over the lanes of `state`, whose tensors it trains in place.

        Args:
            network: of every lane.
            setup: gives update rule and weight decay.
            state: lanes grouped by loss: those of one loss are neighbours.
            workspace: shared with the other tiles of the stack.
        """
        like = state.weights
        self.state = state
        self._network = network
        self._rule = setup.update_rule
        self._multiply = products(setup.precision, like.device).multiply
        self._weights = Parameters(network, state.weights)
        self._workspace = workspace
        self._eta = like.new_tensor([lane.eta for lane in state.lanes]).unsqueeze(1)
        self._alpha = like.new_tensor([lane.alpha for lane in state.lanes]).unsqueeze(1)
        self._decay = _decay_row(network, setup.weight_decay, like)
        self._groups = list(_loss_groups(state.lanes))
        # Filled anew in each step where the network has no batch norm; see `first_weights`.
        self._first = like.new_empty(len(state.lanes), network.hidden, network.patch_size + 1)

    def step(self, minibatch: Minibatch, loss_out: Tensor) -> None:
        """One forward and backward pass and one update of every lane.

        Args:
            minibatch: shared by all lanes.
            loss_out: (L,), set to each lane's mean loss per image before the update.
        """
        first = self.first_weights(minibatch.moments)
        gradient = self._workspace.gradient
        loss_out.zero_()
        for number, chunk in enumerate(minibatch.chunks):
            logits = self.logits(chunk, first)
            values, logit_gradient = self.values_and_gradient(logits, chunk)
            weight = chunk.weight / minibatch.size  # mean over the images of the minibatch, padding without weight
            loss_out += (values * weight).sum(dim=1)
            self._accumulate(chunk, logit_gradient.mul_(weight), gradient, first=number == 0)
        self._finish_gradient(gradient, first, minibatch.moments)
        weights, velocity = self.state.weights, self.state.velocity
        apply_update(self._rule, weights, velocity, gradient.flat, eta=self._eta, alpha=self._alpha, decay=self._decay)

    def freeze(self, dead: Tensor) -> None:
        """Stops lanes for good: weights, velocity and learning rate become zero. `dead` is (L,) bool."""
        column = dead.unsqueeze(1)
        for tensor in (self.state.weights, self.state.velocity, self._eta):
            tensor.masked_fill_(column, 0.0)

    def logits(self, chunk: Chunk, first: Tensor | Fused) -> Tensor:
        """(L, K, n) logits of a chunk; leaves the hidden layer's output in the workspace for the backward pass."""
        lanes, weights = len(self.state.lanes), self._weights.views
        bias, last = weights["last.bias"].unsqueeze(2), weights["last.weight"]
        if not self._network.hidden:
            pixels = chunk.patches[:-1]
            product = last.new_empty(lanes, self._network.classes, pixels.shape[1])
            self._multiply(last.reshape(-1, last.shape[2]), pixels, out=product.view(-1, pixels.shape[1]))
            return product.add_(bias)
        weight = first.weight if isinstance(first, Fused) else first
        outputs = self._workspace.outputs(chunk.patches.shape[1])
        self._multiply(weight.view(-1, weight.shape[2]), chunk.patches, out=outputs).clamp_min_(0.0)
        flat = outputs.view(lanes, self._network.features, -1)
        return self._multiply(last, flat, out=last.new_empty(lanes, last.shape[1], flat.shape[2])).add_(bias)

    def values_and_gradient(self, logits: Tensor, chunk: Chunk) -> tuple[Tensor, Tensor]:
        """Loss (L, n) and logit gradient (L, K, n) of each image, each lane by its own loss."""
        if len(self._groups) == 1:
            return losses.values_and_gradient(self._groups[0][0], logits, chunk.is_true, class_dim=-2)
        values = logits.new_empty(logits.shape[0], logits.shape[2])
        gradient = torch.empty_like(logits)
        for loss, rows in self._groups:
            values[rows], gradient[rows] = losses.values_and_gradient(loss, logits[rows], chunk.is_true, class_dim=-2)
        return values, gradient

    def first_weights(self, moments: Moments) -> Tensor | Fused:
        """The first layer's weights for patches with a row of ones, batch norm fused in; (L, c, k + 1).

        Args:
            moments: of the minibatch when training, of the whole training fold when evaluating.
        """
        weights = self._weights.views
        if self._network.batch_norm:
            return batch_norm.fuse(weights["first.weight"], weights["norm.scale"], weights["norm.offset"], moments)
        if self._network.hidden:
            parts = (weights["first.weight"], weights["first.bias"].unsqueeze(2))
            return torch.cat(parts, dim=2, out=self._first)
        return weights["last.weight"]

    def _accumulate(self, chunk: Chunk, logit_gradient: Tensor, gradient: Parameters, *, first: bool) -> None:
        """Adds one chunk's share of the gradients; the first chunk overwrites what the last step left."""
        lanes, space, multiply = logit_gradient.shape[0], self._workspace, self._multiply
        bias_gradient = logit_gradient.sum(dim=2)
        view = gradient.views["last.bias"]
        view.copy_(bias_gradient if first else view + bias_gradient)
        if not self._network.hidden:
            product = space.last_gradient.view(-1, self._network.features)
            rows = logit_gradient.view(product.shape[0], -1)
            multiply(rows, chunk.patches[:-1].mT, out=product, add=not first)
            return
        columns = chunk.patches.shape[1]
        outputs = space.outputs(columns).view(lanes, self._network.features, -1)
        multiply(logit_gradient, outputs.mT, out=space.last_gradient, add=not first)
        output_gradient = space.gradients(columns)
        flowing = output_gradient.view(outputs.shape)
        multiply(self._weights.views["last.weight"].mT, logit_gradient, out=flowing)
        torch.ops.aten.threshold_backward.grad_input(flowing, outputs, 0, grad_input=flowing)  # ReLU, in place
        multiply(output_gradient, chunk.patches.mT, out=space.first_gradient, add=not first)

    def _finish_gradient(self, gradient: Parameters, first: Tensor | Fused, moments: Moments) -> None:
        """Turns the sums over the minibatch into gradients of the parameters."""
        weights, views, space = self._weights.views, gradient.views, self._workspace
        views["last.weight"].copy_(space.last_gradient)
        if not self._network.hidden:
            return
        sums = space.first_gradient.view(len(self.state.lanes), self._network.hidden, -1)
        if isinstance(first, Fused):
            parts = batch_norm.backward(sums, weights["first.weight"], weights["norm.scale"], first, moments)
            for name, part in zip(("first.weight", "norm.scale", "norm.offset"), parts, strict=True):
                views[name].copy_(part)
        else:
            views["first.weight"].copy_(sums[:, :, :-1])
            views["first.bias"].copy_(sums[:, :, -1])


def _loss_groups(lanes: Sequence[Lane]) -> Iterator[tuple[str, slice]]:
    """Runs of neighbouring lanes with the same loss."""
    start = 0
    for loss, group in groupby(lanes, key=lambda lane: lane.loss):
        stop = start + len(list(group))
        yield loss, slice(start, stop)
        start = stop


def _decay_row(network: Network, weight_decay: float, like: Tensor) -> Tensor | None:
    """(n,) weight decay of each parameter, None if there is none."""
    if weight_decay == 0.0:
        return None
    row = Parameters.zeros(network, 1, like)
    for name, view in row.views.items():
        view.fill_(weight_decay if is_decayed(name) else 0.0)
    return row.flat[0]
