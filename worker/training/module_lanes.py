"""The module backend: each lane is an ordinary module, trained alone for an epoch by autograd and its rule's own step.

Stacking deep convolutions gains nothing on a CPU, so a lane here costs what the plain loop costs, less what its
optimizer and its loss take: the rule steps on one row of all parameters, and the loss has its gradient in closed form.
Each lane has its weights, its buffers, and a generator for whatever its module draws, so its bits depend on no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from worker.training.backend import Rows, Scores
from worker.training.convolutions import exact_convolutions
from worker.training.lane_by_lane import LaneByLane
from worker.training.lanes import Fold, Lane, Setup
from worker.training.losses import per_example, values_and_gradient
from worker.training.minibatches import effective_batch, steps_per_epoch
from worker.training.module_backward import change_backward
from worker.training.native.rule_steps import RuleSteps
from worker.training.networks import Network, module_parameters, parameter_name
from worker.training.population import use_population_statistics
from worker.training.rules import Layout, Part
from worker.training.schedules import CONSTANT
from worker.training.state import laid_out, row_size
from worker.training.structure import Structure, lane_module
from worker.training.timetable import length_of, rates_of

PART = 512  # test images evaluated at once
KERNEL = 4  # dimensions of a convolution's weight


class ModuleLanes(LaneByLane):
    """Lanes of a stack, one module each."""

    name = "module"

    def __init__(self, network: Structure, setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> None:
        images = fold.train_images
        self._network, self._setup, self._fold, self._lanes = network, setup, fold, list(lanes)
        super().__init__(len(lanes), images.device)
        self._modules = [self._start(lane) for lane in lanes]
        trained = self._trained(self._modules[0])
        shapes = {name: _in_row(value.shape) for name, value in trained.items()}
        self._layout = laid_out(shapes)
        self._weights = images.new_zeros(len(lanes), row_size(shapes))
        for number, module in enumerate(self._modules):
            self._move_in(self._trained(module), self._weights[number : number + 1])
        self._rule_steps = RuleSteps(lanes, setup, self._weights, self._layout)
        n_train = len(fold.train_labels)
        self._steps, self._taken = steps_per_epoch(setup, n_train), 0
        self._rates = self._scheduled(n_train)
        self._epoch: tuple[Tensor, Tensor, Tensor] | None = None  # order, and the images and labels in it

    def train(self, order: Tensor, part: range | None = None) -> Rows:
        """Trains every living lane for an epoch, or for a part of its steps; see `Backend`."""
        part = part or range(self._steps)
        _, images, labels = self._in_order(order)
        batch = effective_batch(self._setup, len(order))
        losses = images.new_full((len(self._lanes), len(part)), torch.nan)
        taken = slice(self._taken, self._taken + len(part))

        def train_lane(number: int) -> None:
            goal = _Goal(self._modules[number].train(), self._lanes[number].loss, self._layout, losses[number])

            def slope(step: int, weights: Tensor, gradient: Tensor) -> float:
                due = slice(part[step] * batch, (part[step] + 1) * batch)
                return goal.slope(step, images[due], labels[due], gradient)

            rates = None if self._rates is None else self._rates[number][taken]
            self._rule_steps.train(number, len(part), slope, rates)

        with exact_convolutions(images.device):
            self._for_each(train_lane)
        self._taken = taken.stop
        rows: Rows = losses.T.double().cpu().numpy()
        return rows

    def evaluate(self, *, own_loss: bool, numbers: Sequence[int] | None = None, least: int = 0) -> Scores:
        """Scores some lanes, or all that train; see `Backend`. `least` saves nothing here."""

        def score(number: int, sums: Tensor) -> None:
            self._score(self._modules[number], self._lanes[number].loss if own_loss else None, sums)

        with exact_convolutions(self._fold.train_images.device):
            return self._scored(score, numbers)

    def parameters(self, number: int) -> dict[str, Tensor]:
        """See `Backend`."""
        found = module_parameters(self._network, self._modules[number])
        return {name: value.clone() for name, value in found.items()}

    @torch.no_grad()
    def _score(self, module: nn.Module, loss: str | None, found: Tensor) -> None:
        """Adds to (3,) correct images, cross-entropy and own loss, summed over the test images."""
        if isinstance(self._network, Network):
            use_population_statistics(module, self._fold.train_images)
        module.eval()
        parts = zip(torch.split(self._fold.test_images, PART), torch.split(self._fold.test_labels, PART), strict=True)
        for images, labels in parts:
            logits = module(images)
            found[0] += (logits.argmax(dim=1) == labels).sum()
            found[1] += per_example("cross_entropy", logits, labels).double().sum()
            if loss is not None:
                found[2] += per_example(loss, logits, labels).double().sum()

    def _start(self, lane: Lane) -> nn.Module:
        images = self._fold.train_images
        module = lane_module(self._network, lane, self._setup).to(images.device, images.dtype)
        for name, value in _named(module).items():
            if name not in self._network.parameter_shapes:
                value.requires_grad_(False)  # a bias that batch norm cancels
        change_backward(module, self._network, lane, self._setup)
        return module

    def _trained(self, module: nn.Module) -> dict[str, nn.Parameter]:
        named = _named(module)
        return {name: named[name] for name in self._network.parameter_shapes if named[name].requires_grad}

    def _move_in(self, parameters: dict[str, nn.Parameter], row: Tensor) -> None:
        """Copies a module's parameters into their lane's row, where they lie from now on."""
        for part in self._layout.parts:
            place = _place(part, row)
            place.copy_(parameters[part.name].detach())
            parameters[part.name].data = place

    def _scheduled(self, n_train: int) -> list[Tensor] | None:
        """(steps, 2) eta and alpha of each step of each lane, float64 on the device; None where they are constant."""
        if self._setup.schedule == CONSTANT:
            return None
        tables = [rates_of(lane, self._setup, length_of(self._setup, n_train)) for lane in self._lanes]
        device = self._weights.device  # nothing crosses to it between two steps
        return [torch.from_numpy(np.stack([table.eta, table.alpha], axis=1)).to(device) for table in tables]

    def _in_order(self, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The order with the training images and labels in it; kept while the order stays."""
        if self._epoch is None or not torch.equal(self._epoch[0], order):
            self._epoch = None  # frees the images of the epoch before
            indices = order.to(self._fold.train_images.device)
            self._epoch = (order, self._fold.train_images[indices], self._fold.train_labels[indices])
        return self._epoch


class _Goal:
    """One lane's loss and gradient at each step of an epoch."""

    def __init__(self, module: nn.Module, loss: str, layout: Layout, losses: Tensor) -> None:
        self._module, self._loss, self._layout, self._losses = module, loss, layout, losses
        named = _named(module)
        self._parameters = [named[part.name] for part in layout.parts]
        self._views: list[Tensor] = []

    def slope(self, step: int, images: Tensor, labels: Tensor, gradient: Tensor) -> float:
        """Sets the gradient, (1, n), and the step's mean loss.

        Returns:
            The loss on a CPU, 0 elsewhere: nobody waits there for a device between two steps.
        """
        if not self._views:
            gradient.zero_()  # the padding too
            self._views = [_place(part, gradient) for part in self._layout.parts]
        logits = self._module(images)
        is_true = labels.unsqueeze(1) == torch.arange(logits.shape[1], device=labels.device)
        values, slopes = values_and_gradient(self._loss, logits.detach(), is_true, class_dim=-1)
        found = torch.autograd.grad(logits, self._parameters, slopes.div_(len(labels)))
        for view, value in zip(self._views, found, strict=True):
            view.copy_(value)
        self._losses[step] = values.mean()
        return float(self._losses[step]) if images.device.type == "cpu" else 0.0


def _in_row(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape in which a parameter's numbers lie in a row: a kernel's input channels last.

    A CPU convolves a fifth faster so, and a rule's norms over a unit's weights do not ask for their order.
    """
    return (shape[0], *shape[2:], shape[1]) if len(shape) == KERNEL else tuple(shape)


def _place(part: Part, row: Tensor) -> Tensor:
    """View of a parameter in a lane's row, (1, n), in the shape that its module has it."""
    view = part.of(row)[0]
    return view.permute(0, 3, 1, 2) if view.dim() == KERNEL else view


def _named(module: nn.Module) -> dict[str, nn.Parameter]:
    """A module's parameters under the names of `parameter_shapes`."""
    return {parameter_name(name): value for name, value in module.named_parameters()}
