"""Feedback alignment: a random matrix B that stays, in place of the last layer's weights: (B' d) * relu'(z).

Lillicrap et al. (2014), arXiv 1411.0247. B has the last weight's shape and initial distribution; each lane draws its
own from a seed that follows from its `init_seed`, independent of its initial weights.
"""

from __future__ import annotations

from worker.training.backward import Choices, HiddenLayer
from worker.training.derivatives import DERIVATIVES

CHOICES: dict[str, tuple[str, ...]] = {}
NUMBERS: dict[str, float] = {}
FIXED = True


def keeps_z(choices: Choices) -> bool:
    """The sign of z is that of the ReLU's output."""
    return False


def hidden_gradient(layer: HiddenLayer, choices: Choices) -> None:
    """See `BackwardRule`."""
    if layer.fixed is None:
        raise ValueError("`fixed` must hold each lane's matrix")
    layer.products.multiply(layer.fixed.mT, layer.logit_gradient, out=layer.gradient)
    DERIVATIVES["relu"].multiply(layer.gradient, layer.z)
