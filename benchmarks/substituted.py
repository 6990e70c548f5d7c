"""A substituted derivative in `training.py`: the plain loop with an autograd.Function, beside this engine.

The loop's function is as lean as one can be written: one fused kernel, in place, on tensors that autograd is done with.
"""

from __future__ import annotations

from typing import Any

import torch
from contenders import Contender, eager, stacked
from torch import Tensor, nn

from worker.training.derivatives import DERIVATIVES
from worker.training.lanes import Setup


class LeanReLU(torch.autograd.Function):
    """A ReLU forwards; backwards the gradient is multiplied by a derivative at z."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, derivative: str) -> Tensor:
        ctx.save_for_backward(z)
        ctx.derivative = derivative
        return z.clamp_min(0.0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        DERIVATIVES[ctx.derivative].multiply(gradients[0], ctx.saved_tensors[0])
        return gradients[0], None


class Lean(nn.Module):
    """In place of a module's ReLU."""

    def __init__(self, derivative: str) -> None:
        super().__init__()
        self._derivative = derivative

    def forward(self, z: Tensor) -> Tensor:
        result: Tensor = LeanReLU.apply(z, self._derivative)  # type: ignore[no-untyped-call]
        return result


def setup_of(derivative: str) -> Setup:
    """The paper's set-up with a derivative in place of the ReLU's."""
    return Setup(backward_rule="substitute", backward_settings=(("layer", "first"), ("derivative", derivative)))


def changed_backward() -> list[Setup]:
    """Every backward pass besides backpropagation."""
    return [*map(setup_of, DERIVATIVES), Setup(backward_rule="feedback_alignment")]


def substituted_contenders(derivative: str, *, quick: bool) -> list[Contender]:
    """The plain loop and this engine, 28x28, on as many images."""

    def change(module: nn.Module) -> None:
        module.relu = Lean(derivative)

    steps, lanes = (4, 8) if quick else (18, 16)
    setup = setup_of(derivative)
    return [
        eager(28, steps, "cpu", change=change),
        stacked(28, steps, lanes, "cpu", native=True, setup=setup, name="stack"),
    ]
