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

from worker.training.rules import Extent, Layout, Step

BUFFERS: tuple[str, ...] = ("mean", "variance", "mean_square_step", "last")
SCALARS: dict[str, Extent] = {"beta": "tensor"}
NUMBERS: dict[str, float] = {"epsilon": 1e-6}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = ALPHA = False
OWN_DECAY = False


def step(s: Step) -> None:
    """One step of every lane."""
    mean, variance, square, last = (s.buffers[name] for name in BUFFERS)
    scratch, epsilon, beta, rest = s.gradient, s.own["epsilon"], s.scalars["beta"], _rest(s)
    before = _sizes(last, s.layout)
    mean.addcmul_(scratch.sub_(mean), rest)  # m + (1 - beta) (g - m)
    variance.lerp_(scratch.square_(), rest)
    square.lerp_(torch.mul(last, last, out=scratch), rest)
    torch.add(square, epsilon, out=scratch).div_(torch.add(variance, epsilon, out=rest)).sqrt_()
    torch.mul(mean, scratch, out=last)
    ratio = (before + epsilon) / (_sizes(last, s.layout) + epsilon)
    for number in range(ratio.shape[1]):  # see `rules`: one column at a time
        column = slice(number, number + 1)
        beta[:, column] = torch.sigmoid(ratio[:, column]) - epsilon
    s.weights.addcmul_(last, s.eta, value=-1.0)


def _rest(s: Step) -> Tensor:
    """1 - beta of each number's parameter, (L, n)."""
    rest, columns = torch.ones_like(s.weights), 1.0 - s.scalars["beta"]
    for number, part in enumerate(s.layout.parts):
        part.flat(rest).copy_(columns[:, number : number + 1])
    return rest


def _sizes(rows: Tensor, layout: Layout) -> Tensor:
    """L1 norm of each parameter of each lane, (L, parts)."""
    absolute = rows.abs()
    return torch.cat([part.flat(absolute).sum(dim=1, keepdim=True) for part in layout.parts], dim=1)
