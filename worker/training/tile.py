"""A tile: a fixed number of lanes that are trained by the same matrix products.

Stacks are cut into tiles of constant width (the last one is filled up by repeating a lane), so every matrix product
has the same shape whatever the stack, and a lane's bits do not depend on which lanes shared it. Nothing in a step
reduces over lanes: a lane that overflows to NaN stays alone with it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from worker.training import backward, backward_settings, batch_norm
from worker.training.backward import HiddenLayer
from worker.training.batch_norm import Fused, Moments
from worker.training.lane_losses import LaneLosses
from worker.training.lanes import Setup
from worker.training.minibatches import Chunk, Minibatch
from worker.training.networks import Network
from worker.training.products import products
from worker.training.rates import layer_of
from worker.training.rule_settings import choices_of, columns_of
from worker.training.rules import Layout, Step, rule, take_step
from worker.training.state import LaneState, Parameters, decay_row, layout_of
from worker.training.timetable import Timetable, layer_of_numbers


class Workspace:
    """Buffers that all tiles of a stack use in turn, so that no large tensor is allocated in the loop."""

    def __init__(self, network: Network, width: int, columns: int, like: Tensor, *, keeps_z: bool = False) -> None:
        """Allocates them.

        Args:
            network: of every lane.
            width: lanes of a tile.
            columns: most images of a chunk.
            like: gives device and dtype.
            keeps_z: the backward rule needs what enters the ReLU. Its output overwrites it otherwise; where it is
                kept, the gradient overwrites the output, which has been used by then. Either way there are two buffers.
        """
        numbers = width * network.hidden * network.positions * columns
        self._z = like.new_empty(numbers)
        self._gradients = like.new_empty(numbers)
        self._outputs = self._gradients if keeps_z else self._z
        self._hidden = width * network.hidden
        self.gradient = Parameters.zeros(network, width, like)
        self.last_gradient = like.new_empty(width, network.classes, network.features)
        self.first_gradient = like.new_empty(self._hidden, network.patch_size + network.biases)

    def outputs(self, columns: int) -> Tensor:
        """(L * c, P * n) buffer for the ReLU's output; `columns` is P * n."""
        return self._outputs[: self._hidden * columns].view(self._hidden, columns)

    def z(self, columns: int) -> Tensor:
        """(L * c, P * n) buffer for what enters the ReLU; that of the ReLU's output where z is not kept."""
        return self._z[: self._hidden * columns].view(self._hidden, columns)

    def gradients(self, columns: int) -> Tensor:
        """(L * c, P * n) buffer for the gradient before the ReLU."""
        return self._gradients[: self._hidden * columns].view(self._hidden, columns)


class Tile:
    """Lanes with their state, and one step of their training."""

    def __init__(
        self,
        network: Network,
        setup: Setup,
        state: LaneState,
        workspace: Workspace,
        timetable: Timetable | None = None,
    ) -> None:
        """Takes over the lanes of `state`, whose tensors it trains in place.

        Args:
            network: of every lane.
            setup: gives update rule and backward rule, their parameters, and weight decay.
            state: lanes grouped by loss: those of one loss are neighbours.
            workspace: shared with the other tiles of the stack.
            timetable: rates of these lanes by step; None where they are constant.
        """
        like = state.weights
        self.state = state
        self._network = network
        self._precision = setup.precision
        self._products = products(setup.precision, like.device)
        self._multiply = self._products.multiply
        self._backward = backward.rule(setup.backward_rule)
        self._backward_choices = backward_settings.choices_of(setup)
        self._backward_own = backward_settings.columns_of(state.lanes, setup, like)
        self._feedback = _feedback_of(state, network)
        self._weights = Parameters(network, state.weights)
        self._workspace = workspace
        self._timetable = timetable
        layout = layout_of(network)
        self._eta = _eta_of(state, layout)
        if timetable is not None and timetable.by_layer:
            self._eta = self._eta.expand_as(like).clone()  # (L, n), set in each step
        self._alpha = like.new_tensor([lane.alpha for lane in state.lanes]).unsqueeze(1)
        self._rule = rule(setup.update_rule)
        own, rest = columns_of(state.lanes, setup, like)
        self._step = Step(
            weights=state.weights,
            gradient=workspace.gradient.flat,
            eta=self._eta,
            alpha=self._alpha,
            own=own,
            rest=rest,
            choices=choices_of(setup),
            buffers=state.buffers,
            scalars=state.scalars,
            layout=layout,
            decay=decay_row(layout, setup.weight_decay, like),
        )
        self._losses = LaneLosses(state.lanes, like)
        # Filled anew in each step where the network has no batch norm; see `first_weights`.
        self._first = like.new_empty(len(state.lanes), network.hidden, network.patch_size + network.biases)

    def step(self, minibatch: Minibatch, loss_out: Tensor) -> None:
        """One forward and backward pass and one update of every lane.

        Args:
            minibatch: shared by all lanes.
            loss_out: (L,), set to each lane's mean loss per image before the update.
        """
        first = self.first_weights(minibatch.moments)
        gradient = self._workspace.gradient
        for number, chunk in enumerate(minibatch.chunks):
            logits = self.logits(chunk, first)
            share = chunk.weight / minibatch.size  # mean over the images of the minibatch, padding without weight
            logit_gradient = self._loss_gradient(logits, chunk, share, loss_out, gradient, first=number == 0)
            self._accumulate(chunk, first, logit_gradient, gradient, add=number > 0)
        self._finish_gradient(gradient, first, minibatch.moments)
        if self._timetable is not None:
            self._timetable.put(self._eta, self._alpha)
        take_step(self._rule, self._step)

    def set_rates(self, eta: Tensor) -> None:
        """Sets eta of the steps to come, (L, layers), where the recorded steps read it."""
        self.state.fixed["eta"].copy_(eta)
        self._eta.copy_(_eta_of(self.state, self._step.layout))

    def freeze(self, dead: Tensor) -> None:
        """Stops lanes for good: their state and learning rate become zero. `dead` is (L,) bool."""
        self.leave_out(dead)
        self.state.freeze(dead)
        self._eta.masked_fill_(dead.unsqueeze(1), 0.0)
        if self._timetable is not None:
            self._timetable.freeze(dead)

    def leave_out(self, rows: Tensor) -> None:
        """Says whose numbers nobody will ask for, so that a tile may save their work. `rows` is (L,) bool."""

    def logits(self, chunk: Chunk, first: Tensor | Fused) -> Tensor:
        """(L, K, n) logits of a chunk."""
        return self.kept_logits(chunk, first)

    def kept_logits(self, chunk: Chunk, first: Tensor | Fused) -> Tensor:
        """The same; leaves the hidden layer's output in the workspace, for the backward pass among others."""
        lanes, weights = len(self.state.lanes), self._weights.views
        bias, last = weights["last.bias"].unsqueeze(2), weights["last.weight"]
        if not self._network.hidden:
            pixels = chunk.patches[:-1]
            product = last.new_empty(lanes, self._network.classes, pixels.shape[1])
            self._multiply(last.reshape(-1, last.shape[2]), pixels, out=product.view(-1, pixels.shape[1]))
            return product.add_(bias)
        weight = first.weight if isinstance(first, Fused) else first
        columns = chunk.patches.shape[1]
        z, outputs = self._workspace.z(columns), self._workspace.outputs(columns)  # the same, unless z is kept
        self._multiply(weight.view(-1, weight.shape[2]), chunk.patches, out=z)
        torch.clamp_min(z, 0.0, out=outputs)
        flat = outputs.view(lanes, self._network.features, -1)
        return self._multiply(last, flat, out=last.new_empty(lanes, last.shape[1], flat.shape[2])).add_(bias)

    def layer_outputs(self, chunk: Chunk, first: Tensor | Fused, projection: Tensor | None) -> tuple[Tensor, ...]:
        """(L, d, n) outputs of each layer for a chunk, from the image on: what leaves the ReLU, and the logits.

        Args:
            chunk: the images.
            first: as for `logits`.
            projection: (d, features) of what leaves the ReLU; None: as it is.
        """
        logits = self.kept_logits(chunk, first)
        if not self._network.hidden:
            return (logits,)
        outputs = self._workspace.outputs(chunk.patches.shape[1]).view(len(logits), self._network.features, -1)
        return (outputs.clone() if projection is None else projection @ outputs, logits)

    def values_and_gradient(self, logits: Tensor, chunk: Chunk) -> tuple[Tensor, Tensor]:
        """Loss (L, n) and logit gradient (L, K, n) of each image, each lane by its own loss."""
        return self._losses.values_and_gradient(logits, chunk.is_true)

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

    def log_outputs(self, logits: Tensor) -> Tensor:
        """Logits whose softmax is what the cross-entropy is taken of."""
        return logits

    def _loss_gradient(
        self, logits: Tensor, chunk: Chunk, share: Tensor, loss_out: Tensor, gradient: Parameters, *, first: bool
    ) -> Tensor:
        """A chunk's logit gradient, (L, K, n), by each image's share; adds to the lanes' losses and biases' gradient.

        The first chunk overwrites what the last step left in both.
        """
        values, logit_gradient = self.values_and_gradient(logits, chunk)
        losses = (values * share).sum(dim=1)
        loss_out.copy_(losses if first else loss_out + losses)
        weighted = self._weighted(logit_gradient, share)
        bias = gradient.views.get("last.bias")
        if bias is not None:
            of_chunk = weighted.sum(dim=2)
            bias.copy_(of_chunk if first else bias + of_chunk)
        return weighted

    def _weighted(self, logit_gradient: Tensor, weight: Tensor) -> Tensor:
        """A chunk's gradient by each image's share of the minibatch, in place."""
        return logit_gradient.mul_(weight)

    def _accumulate(
        self, chunk: Chunk, first: Tensor | Fused, logit_gradient: Tensor, gradient: Parameters, *, add: bool
    ) -> None:
        """Adds one chunk's share of the gradients, or overwrites what the last step left."""
        lanes, space, multiply = logit_gradient.shape[0], self._workspace, self._multiply
        if not self._network.hidden:
            product = space.last_gradient.view(-1, self._network.features)
            rows = logit_gradient.view(product.shape[0], -1)
            multiply(rows, chunk.patches[:-1].mT, out=product, add=add)
            return
        columns = chunk.patches.shape[1]
        outputs = space.outputs(columns).view(lanes, self._network.features, -1)
        multiply(logit_gradient, outputs.mT, out=space.last_gradient, add=add)
        output_gradient = space.gradients(columns)
        layer = HiddenLayer(
            logit_gradient=logit_gradient,
            last=self._weights.views["last.weight"],
            z=space.z(columns).view(outputs.shape),
            fixed=self._feedback,
            gradient=output_gradient.view(outputs.shape),
            products=self._products,
            own=self._backward_own,
        )
        self._backward.hidden_gradient(layer, self._backward_choices)
        multiply(output_gradient, chunk.patches.mT, out=space.first_gradient, add=add)

    def _finish_gradient(self, gradient: Parameters, first: Tensor | Fused, moments: Moments) -> None:
        """Turns the sums over the minibatch into gradients of the parameters."""
        views, space = gradient.views, self._workspace
        self._finish_last(views)
        if not self._network.hidden:
            return
        sums = space.first_gradient.view(len(self.state.lanes), self._network.hidden, -1)
        if isinstance(first, Fused):
            self._norm_gradient(sums, first, moments, views)
        else:
            views["first.weight"].copy_(sums[:, :, :-1])
            views["first.bias"].copy_(sums[:, :, -1])

    def _finish_last(self, views: dict[str, Tensor]) -> None:
        """The last layer's gradient, which a product can write only where lanes lie side by side."""
        views["last.weight"].copy_(self._workspace.last_gradient)

    def _norm_gradient(self, sums: Tensor, first: Fused, moments: Moments, views: dict[str, Tensor]) -> None:
        """Gradients of the first layer and its batch norm, written into `views`, from what flows to its output."""
        weights = self._weights.views
        parts = batch_norm.backward(sums, weights["first.weight"], weights["norm.scale"], first, moments)
        for name, part in zip(("first.weight", "norm.scale", "norm.offset"), parts, strict=True):
            views[name].copy_(part)


def _feedback_of(state: LaneState, network: Network) -> Tensor | None:
    """(L, K, f) view of the lanes' matrices of feedback alignment, None where they have none."""
    rows = state.fixed.get("feedback")
    if rows is None:
        return None
    shape = (network.classes, network.features)
    return rows[:, : math.prod(shape)].view(-1, *shape)


def _eta_of(state: LaneState, layout: Layout) -> Tensor:
    """Learning rates, (L, 1), or (L, n) where a schedule that measures has one for each layer."""
    like, measured = state.weights, state.fixed.get("eta")
    if measured is None:
        return like.new_tensor([lane.eta for lane in state.lanes]).unsqueeze(1)
    if measured.shape[1] == 1:
        return measured.clone()
    layers = tuple(dict.fromkeys(layer_of(part.name) for part in layout.parts))
    beside = torch.cat([measured.new_zeros(len(measured), 1), measured], dim=1)  # 0 for what is no parameter
    return beside.index_select(1, layer_of_numbers(layers, layout, like))
