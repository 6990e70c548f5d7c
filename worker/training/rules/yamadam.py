"""YamAdam, which has no learning rate. For each parameter tensor, with beta of the step before:

    m' = beta m + (1 - beta) g                 v' = beta v + (1 - beta) (g - m)^2, with the old m
    s' = beta s + (1 - beta) h^2, the old h    h' = m' sqrt((s' + epsilon) / (v' + epsilon)),    w <- w - h'
    beta' = sigmoid((||h||_1 + epsilon) / (||h'||_1 + epsilon)) - epsilon

Everything starts at 0, beta too. g is the gradient of the minibatch's mean loss. epsilon stands for a squared gradient,
a squared step and a sum of steps in turn. eta is 1 and alpha is 0. Source: Yamada 2018 (bioRxiv 348557) and the
author's code, which takes the norms per tensor and epsilon = 1e-6.
"""

from __future__ import annotations

import torch
from torch import Tensor

from worker.training.rules import Extent, Part, Step

BUFFERS: tuple[str, ...] = ("mean", "variance", "mean_square_step", "last")
SCALARS: dict[str, Extent] = {"beta": "tensor"}
NUMBERS: dict[str, float] = {"epsilon": 1e-6}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = ALPHA = False
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    for number, part in enumerate(s.layout.parts):
        _step_part(s, part, s.scalars["beta"][:, number])
    s.weights.addcmul_(s.buffers["last"], s.eta, value=-1.0)


def _step_part(s: Step, part: Part, beta_of_lanes: Tensor) -> None:
    """Sets `last` to h' and beta to beta' for one parameter."""
    mean, variance, square, last = (part.of(s.buffers[name]) for name in BUFFERS)
    gradient, epsilon, beta = part.of(s.gradient), part.spread(s.own["epsilon"]), part.spread(beta_of_lanes)
    rest = 1.0 - beta
    before = part.norm(last, order=1)
    variance.lerp_((gradient - mean).square_(), rest)
    mean.lerp_(gradient, rest)
    square.lerp_(last.square(), rest)
    torch.mul(mean, (square + epsilon).div_(variance + epsilon).sqrt_(), out=last)
    ratio = (before + epsilon) / (part.norm(last, order=1) + epsilon)
    beta.copy_(torch.sigmoid(ratio) - epsilon)
