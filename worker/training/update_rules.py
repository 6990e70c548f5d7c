"""The update rules, on the stacked parameters of many lanes at once.

Heavy ball is Eq. 4 of the paper, dw(t) = -eta dL/dw + alpha dw(t-1). It is kept as v(t) = alpha v(t-1) + dL/dw,
w <- w - eta v, which is the same sequence for a constant eta and is what torch.optim.SGD does with dampening 0.
Forms that average the gradient, (1 - alpha) dL/dw, would move the golden point by a factor 1 / (1 - ALPHA) = 7.94.
"""

from __future__ import annotations

from torch import Tensor


def apply_update(
    rule: str, weights: Tensor, velocity: Tensor, gradient: Tensor, *, eta: Tensor, alpha: Tensor, decay: Tensor | None
) -> None:
    """Takes one step in place; `gradient` is used as scratch space.

    Args:
        rule: "heavy_ball" or "nesterov".
        weights: (L, ...), one row per lane.
        velocity: like `weights`, zero before the first step.
        gradient: like `weights`, dL/dw without weight decay.
        eta: learning rates, (L, 1, ...).
        alpha: momentum weights, (L, 1, ...).
        decay: weight decay per parameter, broadcast against `weights`, added to the gradient as decay * w; or None.

    Raises:
        ValueError: `rule` is not a known name.
    """
    if decay is not None:
        gradient.addcmul_(weights, decay)
    velocity.mul_(alpha).add_(gradient)
    if rule == "heavy_ball":
        weights.addcmul_(velocity, eta, value=-1.0)
    elif rule == "nesterov":
        gradient.addcmul_(velocity, alpha)
        weights.addcmul_(gradient, eta, value=-1.0)
    else:
        raise ValueError(f"`rule` must be heavy_ball or nesterov, got {rule!r}")
