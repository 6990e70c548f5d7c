"""AdaDelta: v <- rho v + (1 - rho) g^2, d = sqrt((u + epsilon) / (v + epsilon)) g, u <- rho u + (1 - rho) d^2 with
the u of the step before in d, and w <- w - eta d.

g is the gradient of the minibatch's mean loss. eta has no unit and is 1 in the paper; rho, in [0, 1), has none;
epsilon is in squared gradients below and in squared weights above. Source: Zeiler 2012, in the form and with the
defaults of torch.optim.Adadelta.
"""

from __future__ import annotations

from worker.training.rules import Extent, Step

BUFFERS: tuple[str, ...] = ("mean_square", "mean_square_step")
SCALARS: dict[str, Extent] = {}
NUMBERS: dict[str, float] = {"rho": 0.9, "epsilon": 1e-6}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = True
ALPHA = False
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    rest, epsilon = s.rest["rho"], s.own["epsilon"]
    mean_square, mean_square_step = s.buffers["mean_square"], s.buffers["mean_square_step"]
    mean_square.lerp_(s.gradient.square(), rest)
    ratio = mean_square_step.add(epsilon).sqrt_().div_(mean_square.add(epsilon).sqrt_())
    change = s.gradient.mul_(ratio)
    mean_square_step.lerp_(change.square(), rest)
    s.weights.addcmul_(change, s.eta, value=-1.0)
