"""Gradient descent on minibatches: w <- w - eta g, with g the gradient of the minibatch's mean loss.

eta is in weights per gradient. There is no momentum weight: alpha is 0. Source: torch.optim.SGD without momentum.
"""

from __future__ import annotations

from worker.training.rules import Extent, Step

BUFFERS: tuple[str, ...] = ()
SCALARS: dict[str, Extent] = {}
NUMBERS: dict[str, float] = {}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = True
ALPHA = False
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    s.weights.addcmul_(s.gradient, s.eta, value=-1.0)
