"""The paper's losses on softmax outputs, and their gradients with respect to the logits.

Jaeger (2020), arXiv 2006.04751. Every loss is summed over the classes of an example and, by the caller, averaged
over the examples of a minibatch (Eq. 1). Notation: y = softmax(logits), t = one-hot target,

    distance  e = |y - t|, in [0, 1]
    gap       1 - e; y for the true class and 1 - y for the others
    delta     gap * pi / 4, in (0, pi / 4]; the angle d of Eq. 19 mirrored to its lower half (L_I is symmetric)
    L_I       -sin(delta) ln cos(delta) - cos(delta) ln sin(delta)                  Eq. 9, with its lost signs restored
    slope     -dL_I / ddelta >= 0

    sse               sum_k e^2                                                     Eq. 1
    golden_unsquared  sum_k 1 / (1 + exp(-L_I / sqrt 2))                            Eq. 21
    golden            sum_k sigma^2, sigma = 1 / (1 + sqrt 2 exp(-L_I / sqrt 2))    Eq. 24
    golden_literal    value of golden; its gradient is the one that the text under Eq. 24 prints when read to the
                      letter, 2 Loss^2 (1 - Loss) for sigma^2 (1 - sigma): sigma^2 (1 + sigma) times the true one
    cross_entropy     -ln y of the true class

Stable evaluation. The gap comes from log-softmax: exp(log y) for the true class, -expm1(log y) for the others, so that
neither end is lost to rounding. It enters L_I as max(gap, 1e-7) in float32 and max(gap, 1e-15) in float64, because
ln sin 0 and the slope are infinite. Below that floor the slope at the floor is kept (not zeroed): the logit gradient
stays finite and goes to zero with y itself.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

SQRT2 = math.sqrt(2.0)
QUARTER_PI = math.pi / 4.0
GAP_FLOOR = {torch.float32: 1e-7, torch.float64: 1e-15}


def per_example(loss: str, logits: Tensor, labels: Tensor) -> Tensor:
    """Loss of each example, differentiable by autograd: the form that the reference loop trains.

    Args:
        loss: one of `lanes.LOSSES`.
        logits: (..., N, K), float32 or float64.
        labels: (N,) int64, in [0, K).

    Returns:
        (..., N), summed over classes.

    Raises:
        ValueError: `loss` is not a known name.
    """
    log_y = torch.log_softmax(logits, dim=-1)
    if loss == "cross_entropy":
        return -log_y.gather(-1, labels.expand(log_y.shape[:-1]).unsqueeze(-1)).squeeze(-1)
    is_true = _is_true(labels, logits.shape[-1])
    y, rest = torch.exp(log_y), -torch.expm1(log_y)
    if loss == "sse":
        distance: Tensor = torch.where(is_true, rest, y)
        return distance.square().sum(dim=-1)
    gap = torch.where(is_true, y, rest)
    # Straight through the floor: the value is clamped, the derivative with respect to the gap is kept.
    gap = gap + (gap.clamp(min=GAP_FLOOR[gap.dtype]) - gap).detach()
    if loss == "golden_literal":
        literal: Tensor = _LiteralGolden.apply(gap)  # type: ignore[no-untyped-call]
        return literal.sum(dim=-1)
    sigma = _sigma(_information(gap * QUARTER_PI), shift_of(loss))
    return (sigma.square() if loss == "golden" else sigma).sum(dim=-1)


def logit_gradient(loss: str, logits: Tensor, labels: Tensor) -> Tensor:
    """Gradient of `per_example` with respect to the logits, in closed form.

    Args:
        loss: one of `lanes.LOSSES`.
        logits: (..., N, K).
        labels: (N,) int64.

    Returns:
        (..., N, K), the gradient of each example's own loss (no division by N).

    Raises:
        ValueError: `loss` is not a known name.
    """
    is_true = _is_true(labels, logits.shape[-1])
    return values_and_gradient(loss, logits, is_true, class_dim=-1)[1]


def values_and_gradient(loss: str, logits: Tensor, is_true: Tensor, *, class_dim: int) -> tuple[Tensor, Tensor]:
    """Loss and logit gradient of each example in one pass, without autograd: what the stacked engine runs.

    With q_k = dLoss/dy_k the softmax's Jacobian gives dLoss/dz_k = y_k (q_k - sum_j y_j q_j).

    Args:
        loss: one of `lanes.LOSSES`.
        logits: (..., N, K), or (..., K, N) with `class_dim` -2.
        is_true: bool, True at the true class of each example, of a shape that broadcasts with `logits`. An example
            without a true class (padding) gives finite numbers that the caller must weight with zero.
        class_dim: -1 or -2.

    Returns:
        The losses, `logits` without its class dimension, and the gradient, shaped like `logits`.

    Raises:
        ValueError: `loss` is not a known name.
    """
    soft = softmax_of(logits, class_dim)
    if loss == "cross_entropy":
        return cross_entropy(soft, is_true, class_dim)
    rest = -torch.expm1(soft.log_y)
    if loss == "sse":
        terms, rate = squared_terms(soft.y, rest, is_true)
    else:
        terms, rate = golden_terms(loss, torch.where(is_true, soft.y, rest))
    return through_softmax(soft.y, terms, rate, is_true, class_dim)


class Softmax(NamedTuple):
    """Outputs of a softmax and their logarithms, shaped like the logits."""

    y: Tensor
    log_y: Tensor


def softmax_of(logits: Tensor, class_dim: int) -> Softmax:
    """The softmax of logits.

    Written out rather than torch.softmax: every operation here is elementwise or reduces one example's classes, so an
    example's bits do not depend on its neighbours in the stack.
    """
    shifted = logits - logits.amax(dim=class_dim, keepdim=True)
    exponential = shifted.exp()
    total = exponential.sum(dim=class_dim, keepdim=True)
    return Softmax(exponential / total, shifted - total.log())


def cross_entropy(soft: Softmax, is_true: Tensor, class_dim: int) -> tuple[Tensor, Tensor]:
    """Cross-entropy of each example and its logit gradient."""
    values = -soft.log_y.masked_fill(~is_true, 0.0).sum(dim=class_dim)
    return values, torch.where(is_true, torch.expm1(soft.log_y), soft.y)


def squared_terms(y: Tensor, rest: Tensor, is_true: Tensor) -> tuple[Tensor, Tensor]:
    """Each class's share of the sse, and its derivative with respect to the distance; `rest` is 1 - y."""
    distance = torch.where(is_true, rest, y)
    return distance.square(), 2.0 * distance


def through_softmax(y: Tensor, terms: Tensor, rate: Tensor, is_true: Tensor, class_dim: int) -> tuple[Tensor, Tensor]:
    """Loss and logit gradient from each class's share and its derivative with respect to the distance."""
    weighted = y * torch.where(is_true, -rate, rate)  # y_k q_k; the distance falls as y rises for the true class
    return terms.sum(dim=class_dim), weighted - y * weighted.sum(dim=class_dim, keepdim=True)


def value_at_uniform(loss: str, classes: int) -> float:
    """Loss per example of a uniform softmax: what a classifier at chance level pays."""
    logits = torch.zeros(1, classes, dtype=torch.float64)
    return float(per_example(loss, logits, torch.zeros(1, dtype=torch.int64)))


def floor(loss: str, classes: int) -> float:
    """Loss per example of a perfect prediction: K / 4 for Eq. 24, K (2 - sqrt 2) for Eq. 21, else 0."""
    per_class = {"golden": 0.25, "golden_literal": 0.25, "golden_unsquared": 2.0 - SQRT2}
    return classes * per_class.get(loss, 0.0)


class _LiteralGolden(torch.autograd.Function):
    """Eq. 24 with the derivative that its text prints; the input is the floored gap, the output one term per class."""

    @staticmethod
    def forward(ctx: Any, gap: Tensor) -> Tensor:
        terms, rate = golden_terms("golden_literal", gap)
        ctx.save_for_backward(rate)
        return terms

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        rate: Tensor = ctx.saved_tensors[0]
        return -grad_outputs[0] * rate  # the gap falls as the distance rises


def golden_terms(loss: str, gap: Tensor) -> tuple[Tensor, Tensor]:
    """One class's loss and its derivative with respect to the distance, for the losses built on L_I.

    Args:
        loss: golden_unsquared, golden or golden_literal.
        gap: 1 - |y - t|, any shape; floored here.

    Returns:
        The loss, and dLoss / d|y - t| >= 0 (for golden_literal the printed one), shaped like `gap`.
    """
    return golden_ends(loss, sigmoid_of(gap, shift_of(loss)))


class Sigmoid(NamedTuple):
    """What the losses built on L_I share, each shaped like the gap."""

    sigma: Tensor
    complement: Tensor  # 1 - sigma, which float32 could not tell from 0 far from the target
    slope: Tensor


def sigmoid_of(gap: Tensor, shift: Tensor | float) -> Sigmoid:
    """Sigmoid of L_I, see `golden_terms`; `shift` is that of each loss, a number or a tensor that broadcasts."""
    delta = gap.clamp(min=GAP_FLOOR[gap.dtype]) * QUARTER_PI
    sin, cos = delta.sin(), delta.cos()
    sin_log_sin, cos_log_cos = sin * sin.log(), cos * cos.log()
    tan = sin / cos
    information = -(cos_log_cos * tan + sin_log_sin / tan)
    slope = cos / tan - sin * tan - sin_log_sin + cos_log_cos
    odds = shift * torch.exp(information * (-1.0 / SQRT2))
    sigma = torch.reciprocal(1.0 + odds)
    return Sigmoid(sigma, odds * sigma, slope)


def golden_ends(loss: str, part: Sigmoid) -> tuple[Tensor, Tensor]:
    """What `golden_terms` returns, from the sigmoid."""
    sigma, complement, slope = part
    if loss == "golden_unsquared":
        return sigma, (math.pi / (4.0 * SQRT2)) * sigma * complement * slope  # Eq. 22
    value = sigma.square()
    inner = complement if loss == "golden" else value * complement * (1.0 + sigma)
    return value, (math.pi / (2.0 * SQRT2)) * value * inner * slope


def _information(delta: Tensor) -> Tensor:
    """L_I of Eq. 9."""
    sin, cos = delta.sin(), delta.cos()
    return -sin * cos.log() - cos * sin.log()


def _sigma(information: Tensor, shift: float) -> Tensor:
    """Sigmoid of Eq. 21 (shift 1) and Eq. 24 (shift sqrt 2, which puts its minimum at one half)."""
    odds = shift * torch.exp(information * (-1.0 / SQRT2))
    return torch.reciprocal(1.0 + odds)


def shift_of(loss: str) -> float:
    """The factor on exp(-L_I / sqrt 2) in a loss's sigmoid; a ValueError where it has none."""
    shifts = {"golden_unsquared": 1.0, "golden": SQRT2, "golden_literal": SQRT2}
    if loss not in shifts:
        raise ValueError(f"`loss` must be one of the losses in `lanes.LOSSES`, got {loss!r}")
    return shifts[loss]


def _is_true(labels: Tensor, classes: int) -> Tensor:
    """(N, K) bool."""
    return labels.unsqueeze(-1) == torch.arange(classes, device=labels.device)
