"""Each backward rule as a plain torch loop for one lane: an ordinary module, autograd, torch.optim.SGD.

Written apart from the stacked rules, by formulas of its own. A rule or a derivative that is missing here has no proof.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from worker.training import backward
from worker.training.lanes import Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import batches_of, orders
from worker.training.networks import Network, build_network, feedback_matrix, module_parameters, plain_module

Formula = Callable[[Tensor], Tensor]
Settings = tuple[tuple[str, str], ...]


def _logistic(z: Tensor) -> Tensor:
    return 1.0 / (1.0 + torch.exp(-z))


def _normal(z: Tensor) -> Tensor:
    return torch.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)


FORMULAS: dict[str, Formula] = {
    "sigmoid": lambda z: _logistic(z) * _logistic(-z),
    "tanh": lambda z: torch.cosh(z).pow(-2.0),
    "softplus": _logistic,
    "elu": lambda z: torch.exp(torch.minimum(z, torch.zeros_like(z))),
    "leaky_relu": lambda z: torch.where(z > 0, torch.ones_like(z), 0.01),
    "swish": lambda z: _logistic(z) + z * _logistic(z) * _logistic(-z),
    "gelu": lambda z: (1.0 + torch.erf(z / math.sqrt(2.0))) / 2.0 + z * _normal(z),
    "identity": torch.ones_like,
    "relu": lambda z: (z > 0).to(z.dtype),
}


class SubstitutedReLU(torch.autograd.Function):
    """A ReLU forwards; backwards the gradient is multiplied by a given function of z."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, formula: Formula) -> Tensor:
        ctx.save_for_backward(z)
        ctx.formula = formula
        return z.clamp(min=0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (z,) = ctx.saved_tensors
        return gradients[0] * ctx.formula(z), None


class AlignedLinear(torch.autograd.Function):
    """A linear layer forwards; backwards its inputs receive the gradient through a matrix that stays."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, matrix: Tensor) -> Tensor:
        ctx.save_for_backward(inputs, matrix)
        return inputs @ weight.T + bias

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        inputs, matrix = ctx.saved_tensors
        (gradient,) = gradients
        return gradient @ matrix, gradient.T @ inputs, gradient.sum(dim=0), None


class Substituted(nn.Module):
    """In place of the module's ReLU."""

    def __init__(self, formula: Formula) -> None:
        super().__init__()
        self._formula = formula

    def forward(self, z: Tensor) -> Tensor:
        result: Tensor = SubstitutedReLU.apply(z, self._formula)  # type: ignore[no-untyped-call]
        return result


class Aligned(nn.Linear):
    """In place of the module's last layer, with its parameters."""

    def __init__(self, last: nn.Linear, matrix: Tensor) -> None:
        super().__init__(last.in_features, last.out_features)
        self.weight, self.bias = last.weight, last.bias
        self._matrix = matrix

    def forward(self, inputs: Tensor) -> Tensor:
        result: Tensor = AlignedLinear.apply(inputs, self.weight, self.bias, self._matrix)  # type: ignore[no-untyped-call]
        return result


def _backpropagation(module: nn.Sequential, network: Network, lane: Lane, choices: dict[str, str]) -> None:
    """The module's own."""


def _substitute(module: nn.Sequential, network: Network, lane: Lane, choices: dict[str, str]) -> None:
    assert choices["layer"] == "first"
    module.relu = Substituted(FORMULAS[choices["derivative"]])


def _feedback_alignment(module: nn.Sequential, network: Network, lane: Lane, choices: dict[str, str]) -> None:
    last = module.get_submodule("last")
    assert isinstance(last, nn.Linear)
    module.last = Aligned(last, feedback_matrix(network, lane.init_seed).to(last.weight))


CHANGES = {
    "backpropagation": _backpropagation,
    "substitute": _substitute,
    "feedback_alignment": _feedback_alignment,
}


def variants() -> list[tuple[str, Settings]]:
    """Every backward rule under each of its settings, as `Setup` has them."""
    return [
        (name, tuple(zip(backward.rule(name).CHOICES, chosen, strict=True)))
        for name in backward.names()
        for chosen in itertools.product(*backward.rule(name).CHOICES.values())
    ]


def named(variant: object) -> str:
    """A variant's name, as the id of a test."""
    if not isinstance(variant, tuple):
        return str(variant)
    rule, settings = variant
    return "-".join((rule, *(value for _, value in settings)))


def module_of(lane: Lane, setup: Setup, fold: Fold) -> nn.Sequential:
    """The lane's module with the backward pass of `setup`, before training."""
    images = fold.train_images
    network = _network(setup, fold)
    module = plain_module(network, lane.init_seed).to(images.device, images.dtype)
    CHANGES[setup.backward_rule](module, network, lane, {name: str(v) for name, v in setup.backward_settings})
    return module


def train_alone(lane: Lane, setup: Setup, fold: Fold, *, first_rate: float = 1.0) -> dict[str, Tensor]:
    """Trains one lane by heavy ball or Nesterov.

    Args:
        lane: trained.
        setup: of it.
        fold: its data.
        first_rate: factor on the learning rate of everything before the ReLU.

    Returns:
        The final parameters, under the names of `Network.parameter_shapes`.
    """
    module = module_of(lane, setup, fold)
    groups = [
        {
            "params": [value],
            "lr": lane.eta * (1.0 if name.startswith("last") else first_rate),
            "weight_decay": setup.weight_decay if name == "norm.bias" or not name.endswith("bias") else 0.0,
        }
        for name, value in module.named_parameters()
    ]
    nesterov = setup.update_rule == "nesterov"
    optimizer = torch.optim.SGD(groups, lr=lane.eta, momentum=lane.alpha, nesterov=nesterov)
    for order in orders(setup, len(fold.train_labels)):
        for indices in batches_of(order, setup):
            optimizer.zero_grad()
            logits = module(fold.train_images[indices])
            per_example(lane.loss, logits, fold.train_labels[indices]).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return module_parameters(_network(setup, fold), module)


def _network(setup: Setup, fold: Fold) -> Network:
    _, channels, height, width = fold.train_images.shape
    return build_network(setup.network, (channels, height, width), fold.classes, setup.width)
