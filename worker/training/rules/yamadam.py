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
        _step_part(s, part, s.scalars["beta"][:, number : number + 1])
    s.weights.addcmul_(s.buffers["last"], s.eta, value=-1.0)


def _step_part(s: Step, part: Part, beta: Tensor) -> None:
    """Sets `last` to h' and beta to beta' for one parameter."""
    mean, variance, square, last = (part.flat(s.buffers[name]) for name in BUFFERS)
    gradient, epsilon, rest = part.flat(s.gradient), s.own["epsilon"], 1.0 - beta
    before = _size(last)
    variance.lerp_((gradient - mean).square_(), rest)
    mean.lerp_(gradient, rest)
    square.lerp_(last.square(), rest)
    torch.mul(mean, (square + epsilon).div_(variance + epsilon).sqrt_(), out=last)
    ratio = (before + epsilon) / (_size(last) + epsilon)
    beta.copy_(torch.sigmoid(ratio) - epsilon)


def _size(numbers: Tensor) -> Tensor:
    """L1 norm of each lane's numbers, (L, 1)."""
    return numbers.abs().sum(dim=1, keepdim=True)
