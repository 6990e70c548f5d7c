"""The squared error of logistic outputs, each a unit of its own, and its gradient with respect to what enters them.

    y_k = 1 / (1 + exp(-z_k)),    loss = 1/2 sum_k (y_k - t_k)^2,    dloss / dz_k = (y_k - t_k) y_k (1 - y_k)

t_k is the high target for an image's own class and the low one for the others. Source: Li (2020), as the author's code
has it: with the factor 1/2, and without the factor 2 of the softmax's sse in `losses.py`.

Such outputs need not sum to 1. The cross-entropy of a run is that of y_k / sum_j y_j: `log_outputs` are its logits.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

TARGETS = {"zero_one": (0.0, 1.0), "offset": (0.01, 0.99)}  # low and high, by the set-up's name


def per_example(logits: Tensor, labels: Tensor, targets: str) -> Tensor:
    """Loss of each example, differentiable by autograd: the form that the reference loop trains.

    Args:
        logits: (N, K), what enters the outputs.
        labels: (N,) int64, in [0, K).
        targets: one of `TARGETS`.

    Returns:
        (N,).
    """
    low, high = TARGETS[targets]
    wanted = torch.full_like(logits, low).scatter(1, labels.unsqueeze(1), high)
    return (torch.sigmoid(logits) - wanted).square().sum(dim=1) / 2.0


def values_and_gradient(logits: Tensor, is_true: Tensor, targets: str) -> tuple[Tensor, Tensor, Tensor]:
    """Loss, error y - t and logit gradient of each example, without autograd: what the stacked engine runs.

    Args:
        logits: (L, K, n).
        is_true: (K, n) bool, True at the class of each image.
        targets: one of `TARGETS`.

    Returns:
        (L, n), (L, K, n) and (L, K, n).
    """
    low, high = TARGETS[targets]
    y = torch.sigmoid(logits)
    error = torch.where(is_true, y - high, y - low)
    return error.square().sum(dim=1) / 2.0, error, error * y * (1.0 - y)


def log_outputs(logits: Tensor) -> Tensor:
    """ln y_k: a softmax of these is y_k / sum_j y_j."""
    return F.logsigmoid(logits)


def value_at_zero(targets: str, classes: int) -> float:
    """Loss of outputs of 1/2, those of weights 0: what a network pays that knows nothing and has not begun."""
    low, high = TARGETS[targets]
    return float(((classes - 1) * (0.5 - low) ** 2 + (0.5 - high) ** 2) / 2.0)
