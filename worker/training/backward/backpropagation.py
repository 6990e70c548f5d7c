"""Backpropagation, the gradient of the loss: (W' d) * relu'(z)."""

from __future__ import annotations

from worker.training.backward import Choices, HiddenLayer
from worker.training.derivatives import DERIVATIVES

CHOICES: dict[str, tuple[str, ...]] = {}
NUMBERS: dict[str, float] = {}
FIXED = False


def keeps_z(choices: Choices) -> bool:
    """The sign of z is that of the ReLU's output."""
    return False


def hidden_gradient(layer: HiddenLayer, choices: Choices) -> None:
    """See `BackwardRule`."""
    layer.products.multiply(layer.last.mT, layer.logit_gradient, out=layer.gradient)
    DERIVATIVES["relu"].multiply(layer.gradient, layer.z)
