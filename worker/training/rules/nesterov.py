"""Nesterov's momentum, as torch.optim.SGD has it: v <- alpha v + g, w <- w - eta (g + alpha v).

g is the gradient of the minibatch's mean loss at w. eta is in weights per gradient; alpha, in [0, 1), has no unit.
Source: Sutskever et al. 2013, in the form of torch.optim.SGD(nesterov=True).
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
    s.weights.addcmul_(s.gradient.addcmul_(velocity, s.alpha), s.eta, value=-1.0)
