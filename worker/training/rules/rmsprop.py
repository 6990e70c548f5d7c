"""RMSprop: v <- rho v + (1 - rho) g^2, w <- w - eta g / (sqrt(v) + epsilon).

g is the gradient of the minibatch's mean loss. eta is in weights; rho, in [0, 1), has no unit; epsilon is in gradients,
outside the root. Source: Tieleman and Hinton 2012, in the form and with the defaults of torch.optim.RMSprop, where rho
is called alpha.
"""

from __future__ import annotations

from worker.training.rules import Extent, Step

BUFFERS: tuple[str, ...] = ("mean_square",)
SCALARS: dict[str, Extent] = {}
NUMBERS: dict[str, float] = {"rho": 0.99, "epsilon": 1e-8}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = True
ALPHA = False
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    mean_square = s.buffers["mean_square"].lerp_(s.gradient.square(), s.rest["rho"])
    s.weights.addcmul_(s.gradient.div_(mean_square.sqrt().add_(s.own["epsilon"])), s.eta, value=-1.0)
