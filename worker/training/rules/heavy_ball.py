"""Heavy ball: Eq. 4 of the paper, dw(t) = -eta g(t) + alpha dw(t-1), with g the gradient of the minibatch's mean loss.

Kept as v <- alpha v + g, w <- w - eta v, which is the same sequence for a constant eta, and is what torch.optim.SGD
does with dampening 0. Forms that average the gradient, (1 - alpha) g, would move the golden point by a factor
1 / (1 - ALPHA) = 7.94. eta is in weights per gradient; alpha, in [0, 1), has no unit.
"""

from __future__ import annotations

from worker.training.rules import Extent, Step

BUFFERS: tuple[str, ...] = ("velocity",)
SCALARS: dict[str, Extent] = {}
NUMBERS: dict[str, float] = {}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = ALPHA = True
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    velocity = s.buffers["velocity"].mul_(s.alpha).add_(s.gradient)
    s.weights.addcmul_(velocity, s.eta, value=-1.0)
