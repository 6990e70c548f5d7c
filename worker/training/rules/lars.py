"""LARS: layer-wise rates. v <- alpha v + eta lambda (g + beta w), w <- w - v, for each matrix or kernel with

    lambda = trust ||w|| / (||g|| + beta ||w||)

g is the gradient of the minibatch's mean loss, beta the weight decay, the norms are L2 over the whole matrix. For
biases and for batch norm's scale and offset lambda = 1 and beta = 0; lambda = 1 where a norm is 0. eta, trust and
alpha, in [0, 1), have no unit for a matrix. eta stands inside v. Source: You, Gitman and Ginsburg 2017
(arXiv 1708.03888), Algorithm 1; trust = 1e-3 is their eta.
"""

from __future__ import annotations

import torch

from worker.training.rules import Extent, Part, Step, norm

BUFFERS: tuple[str, ...] = ("velocity",)
SCALARS: dict[str, Extent] = {}
NUMBERS: dict[str, float] = {"trust": 1e-3}
CHOICES: dict[str, tuple[str | bool, ...]] = {}
ETA = ALPHA = True
OWN_DECAY = True


def step(s: Step) -> None:
    """One step of every lane."""
    for part in s.layout.parts:
        if part.kind == "matrix":
            _scale(s, part)
    velocity = s.buffers["velocity"].mul_(s.alpha).add_(s.gradient.mul_(s.eta))
    s.weights.sub_(velocity)


def _scale(s: Step, part: Part) -> None:
    """Turns the gradient of one matrix into lambda (g + beta w)."""
    weights, gradient = part.flat(s.weights), part.flat(s.gradient)
    weight_norm, gradient_norm = norm(weights), norm(gradient)
    below = gradient_norm.clone()
    if s.decay is not None:
        beta = s.decay[part.start]
        below += beta * weight_norm
        gradient.addcmul_(weights, beta)
    rate = s.own["trust"] * weight_norm / below
    gradient.mul_(torch.where((weight_norm > 0) & (gradient_norm > 0), rate, torch.ones_like(rate)))
