"""Backward rules over an ordinary module: a layer's ReLU keeps its forward pass and takes another derivative back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from worker.training.backward_settings import choices_of
from worker.training.derivatives import DERIVATIVES
from worker.training.lanes import Setup
from worker.training.structure import Structure, activation_of


def change_backward(module: nn.Module, network: Structure, setup: Setup) -> None:
    """Gives a module the backward pass of a set-up, which has been checked."""
    if setup.backward_rule == "substitute":
        choices = choices_of(setup)
        setattr(module, activation_of(network, choices["layer"]), Substituted(choices["derivative"]))


class Substituted(nn.Module):
    """In place of a module's ReLU."""

    def __init__(self, derivative: str) -> None:
        super().__init__()
        self._derivative = derivative

    def forward(self, z: Tensor) -> Tensor:
        """The ReLU; backwards the gradient is multiplied by the derivative at z."""
        result: Tensor = _SubstitutedReLU.apply(z, self._derivative)  # type: ignore[no-untyped-call]
        return result


class _SubstitutedReLU(torch.autograd.Function):
    """One fused kernel backwards, in place: autograd is done with the gradient, and z is copied."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, derivative: str) -> Tensor:
        ctx.save_for_backward(z)
        ctx.derivative = derivative
        return z.clamp_min(0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (z,) = ctx.saved_tensors
        gradient = gradients[0].clone()
        chosen = DERIVATIVES[ctx.derivative]
        chosen.multiply(gradient, z.clone() if chosen.reads == "z" else z)
        return gradient, None
