"""Adam: m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2 and, at step t,

    w <- w - eta (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)

g is the gradient of the minibatch's mean loss, weight decay in it. eta is in weights; beta1 and beta2, in [0, 1), have
no unit; epsilon is in gradients. Source: Kingma and Ba 2015, in the form and with the defaults of torch.optim.Adam.
"""

from __future__ import annotations

import torch
from torch import Tensor

from worker.training.rules import Extent, Step

BUFFERS: tuple[str, ...] = ("mean", "mean_square")
SCALARS: dict[str, Extent] = {"steps": "lane"}
NUMBERS: dict[str, float] = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = True
ALPHA = False
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    steps = s.scalars["steps"].add_(1.0)
    mean = s.buffers["mean"].lerp_(s.gradient, s.rest["beta1"])
    mean_square = s.buffers["mean_square"].lerp_(s.gradient.square_(), s.rest["beta2"])
    deviation = torch.sqrt(mean_square, out=s.gradient).div_(_share(steps, s.rest["beta2"]).sqrt())
    direction = torch.div(mean, deviation.add_(s.own["epsilon"]), out=s.gradient)
    s.weights.addcmul_(direction, s.eta / _share(steps, s.rest["beta1"]), value=-1.0)


def _share(steps: Tensor, rest: Tensor) -> Tensor:
    """1 - (1 - rest)^steps, without the cancellation that the powers bring in float32."""
    return -torch.expm1(steps * torch.log1p(-rest))
