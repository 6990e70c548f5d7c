"""Logits of a network that models class 0 alone: its cross-entropy is a squared distance, without a softmax's curve.

    q = 1/2 |f - r x|^2,  r = sqrt(2 / d) for an image x of d pixels
    P(class 0) = exp(-q),  every other class has an equal share of the rest

so the cross-entropy of an image of class 0 is q itself: the negative log-likelihood of a Gaussian around f, up to a
constant. An image is predicted to be of class 0 where q < ln 2, if there are two classes. Ours; no source.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LEAST = 1e-12  # of q in the probability of the other classes, whose logarithm is not finite at 0


def scale(pixels: int) -> float:
    """r, by which an image is multiplied: an image of ones has a squared length of 2."""
    return math.sqrt(2.0 / pixels)


def logits(prediction: Tensor, images: Tensor, classes: int) -> Tensor:
    """(N, classes) logits.

    Args:
        prediction: (d,) f.
        images: (N, d).
        classes: at least 2.
    """
    q = 0.5 * (prediction - scale(images.shape[1]) * images).square().sum(dim=1, keepdim=True)
    others = torch.log(-torch.expm1(-q.clamp(min=LEAST))) - math.log(classes - 1)
    return torch.cat([-q, others.expand(-1, classes - 1)], dim=1)
