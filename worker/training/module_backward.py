"""Backward rules over an ordinary module: a layer's ReLU keeps its forward pass and takes another factor back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from worker.training.backward_settings import choices_of, numbers_of
from worker.training.derivatives import DERIVATIVES
from worker.training.lanes import Lane, Setup
from worker.training.structure import Structure, activation_of

Multiply = Callable[[Tensor, Tensor], object]  # multiplies a gradient in place by a factor at z, which it keeps


def change_backward(module: nn.Module, network: Structure, lane: Lane, setup: Setup) -> None:
    """Gives a lane's module the backward pass of a set-up, which has been checked."""
    multiply = _factor(lane, setup)
    if multiply is not None:
        setattr(module, activation_of(network, choices_of(setup)["layer"]), Substituted(multiply))


def _factor(lane: Lane, setup: Setup) -> Multiply | None:
    """What stands in place of a ReLU's derivative; None where nothing does."""
    if setup.backward_rule == "substitute_network":
        return partial(_by_network, numbers_of(lane, setup))
    return partial(_by_derivative, choices_of(setup)["derivative"]) if setup.backward_rule == "substitute" else None


def _by_derivative(name: str, gradient: Tensor, z: Tensor) -> None:
    chosen = DERIVATIVES[name]
    chosen.multiply(gradient, z.clone() if chosen.reads == "z" else z)


def _by_network(weights: dict[str, float], gradient: Tensor, z: Tensor) -> None:
    gradient.mul_(torch.sigmoid(weights["w1"] * z).mul_(weights["w2"]))


class Substituted(nn.Module):
    """In place of a module's ReLU."""

    def __init__(self, multiply: Multiply) -> None:
        super().__init__()
        self._multiply = multiply

    def forward(self, z: Tensor) -> Tensor:
        """The ReLU; backwards the gradient is multiplied by the factor at z."""
        result: Tensor = _SubstitutedReLU.apply(z, self._multiply)  # type: ignore[no-untyped-call]
        return result


class _SubstitutedReLU(torch.autograd.Function):
    """The gradient is copied, since autograd may need it elsewhere."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, multiply: Multiply) -> Tensor:
        ctx.save_for_backward(z)
        ctx.multiply = multiply
        return z.clamp_min(0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (z,) = ctx.saved_tensors
        gradient = gradients[0].clone()
        ctx.multiply(gradient, z)
        return gradient, None
