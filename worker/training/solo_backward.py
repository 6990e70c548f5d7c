"""Each backward rule over an ordinary module, for the plain loop: what the stacked rules are tested against.

By torch.autograd.Function, with formulas of its own; nothing is shared with `backward` and `derivatives`. A new rule
needs its row in `CHANGES`, a new derivative its row in `FORMULAS`; the tests fail for a name without one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from worker.training.lanes import Lane, Setup
from worker.training.networks import Network, feedback_matrix
from worker.training.structure import Structure, activation_of

Formula = Callable[[Tensor], Tensor]


def change_backward(module: nn.Module, network: Structure, lane: Lane, setup: Setup) -> None:
    """Gives a plain module the backward pass of a set-up.

    Raises:
        KeyError: the rule, or its derivative, has none here.
    """
    stated = {**dict(setup.backward_settings), **dict(lane.own)}
    CHANGES[setup.backward_rule](module, network, lane, {name: str(value) for name, value in stated.items()})


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
        """The ReLU."""
        ctx.save_for_backward(z)
        ctx.formula = formula
        return z.clamp(min=0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """The gradient times the formula at z."""
        (z,) = ctx.saved_tensors
        return gradients[0] * ctx.formula(z), None


class AlignedLinear(torch.autograd.Function):
    """A linear layer forwards; backwards its inputs receive the gradient through a matrix that stays."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, matrix: Tensor) -> Tensor:
        """The layer's outputs."""
        ctx.save_for_backward(inputs, matrix)
        return inputs @ weight.T + bias

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """The parameters' gradients are the true ones, the inputs' goes through the matrix."""
        inputs, matrix = ctx.saved_tensors
        (gradient,) = gradients
        return gradient @ matrix, gradient.T @ inputs, gradient.sum(dim=0), None


class Substituted(nn.Module):
    """In place of the module's ReLU."""

    def __init__(self, formula: Formula) -> None:
        super().__init__()
        self._formula = formula

    def forward(self, z: Tensor) -> Tensor:
        """See `SubstitutedReLU`."""
        result: Tensor = SubstitutedReLU.apply(z, self._formula)  # type: ignore[no-untyped-call]
        return result


class Aligned(nn.Linear):
    """In place of the module's last layer, with its parameters."""

    def __init__(self, last: nn.Linear, matrix: Tensor) -> None:
        super().__init__(last.in_features, last.out_features)
        self.weight, self.bias = last.weight, last.bias
        self._matrix = matrix

    def forward(self, inputs: Tensor) -> Tensor:
        """See `AlignedLinear`."""
        result: Tensor = AlignedLinear.apply(inputs, self.weight, self.bias, self._matrix)  # type: ignore[no-untyped-call]
        return result


class SubstitutedLogistic(torch.autograd.Function):
    """Logits, twice; backwards the second receives the gradient by a given function in place of the logistic's."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, other: Tensor, formula: Formula) -> Tensor:
        """The logits."""
        ctx.save_for_backward(own)
        ctx.formula = formula
        return own.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        """The gradient, and the gradient by another derivative."""
        (z,) = ctx.saved_tensors
        return gradients[0], gradients[0] / (_logistic(z) * _logistic(-z)) * ctx.formula(z), None


class Forked(nn.Linear):
    """In place of the last layer of a logistic network: its weights learn by the gradient, its inputs by another."""

    def __init__(self, last: nn.Linear, formula: Formula) -> None:
        super().__init__(last.in_features, last.out_features, bias=False)
        self.weight, self._formula = last.weight, formula

    def forward(self, inputs: Tensor) -> Tensor:
        """See `SubstitutedLogistic`."""
        own, other = inputs.detach() @ self.weight.T, inputs @ self.weight.detach().T
        result: Tensor = SubstitutedLogistic.apply(own, other, self._formula)  # type: ignore[no-untyped-call]
        return result


def _backpropagation(module: nn.Module, network: Structure, lane: Lane, choices: dict[str, str]) -> None:
    """The module's own."""


def _substitute(module: nn.Module, network: Structure, lane: Lane, choices: dict[str, str]) -> None:
    formula = FORMULAS[choices["derivative"]]
    if choices["layer"] == "output":
        last = module.get_submodule("last")
        assert isinstance(last, nn.Linear)
        module.last = Forked(last, formula)
    else:
        setattr(module, activation_of(network, choices["layer"]), Substituted(formula))


def _substitute_network(module: nn.Module, network: Structure, lane: Lane, choices: dict[str, str]) -> None:
    w1, w2 = (float(choices.get(name, "1")) for name in ("w1", "w2"))
    setattr(module, activation_of(network, choices["layer"]), Substituted(lambda z: w2 / (1.0 + torch.exp(-w1 * z))))


def _feedback_alignment(module: nn.Module, network: Structure, lane: Lane, choices: dict[str, str]) -> None:
    last = module.get_submodule("last")
    assert isinstance(last, nn.Linear) and isinstance(network, Network)
    module.last = Aligned(last, feedback_matrix(network, lane.init_seed).to(last.weight))


Change = Callable[[nn.Module, Structure, Lane, dict[str, str]], None]

CHANGES: dict[str, Change] = {
    "backpropagation": _backpropagation,
    "substitute": _substitute,
    "substitute_network": _substitute_network,
    "feedback_alignment": _feedback_alignment,
}
