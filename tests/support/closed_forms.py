"""What momentum SGD does on a noisy quadratic and beside a saddle, from its linear recursion. Liu et al., in our terms.

Everything is of one coordinate. A step is v <- alpha v + g, w <- w - eta v, as `heavy_ball` has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Rates = tuple[float, float]  # eta and alpha of a step
TO_STATIONARY = 3_000  # steps


def stationary_variance(eta: float, alpha: float, *, curvature: float, noise: float) -> float:
    """Var(w) in the long run; `noise` is the variance of a gradient."""
    return eta * (1 + alpha) * noise / (curvature * (1 - alpha) * (2 * (1 + alpha) - eta * curvature))


def growth_root(eta: float, alpha: float, curvature: float = 1.0) -> float:
    """Factor a step by which the distance from a saddle of curvature -`curvature` grows in the long run."""
    total = 1 + alpha + eta * curvature
    return 0.5 * (total + math.sqrt(total * total - 4 * alpha))


def annealed(eta: float, alpha: float, moves: str, steps: int) -> list[Rates]:
    """The rates of `steps` steps over which eta or alpha, whichever `moves`, falls to 0 on a straight line."""
    fall = np.linspace(1.0, 0.0, steps)
    etas, alphas = (
        value * (fall if moves == name else np.ones(steps)) for name, value in (("eta", eta), ("alpha", alpha))
    )
    return list(zip(etas.tolist(), alphas.tolist(), strict=True))


def variance_after(rates: Sequence[Rates], *, curvature: float, noise: float) -> float:
    """E[w^2] after steps of these rates, from the stationary state of the first: the moments' own recursion."""
    moments = np.zeros((2, 2))  # of (w, v)
    for eta, alpha in [rates[0]] * TO_STATIONARY + list(rates):
        step = np.array([[1 - eta * curvature, -eta * alpha], [curvature, alpha]])
        push = np.array([[-eta], [1.0]])
        moments = step @ moments @ step.T + noise * (push @ push.T)
    return float(moments[0, 0])


def steps_to_leave(eta: float, alpha: float, *, start: float, left: float, longest: int = 100_000) -> int:
    """Steps until (1 - p)^2 <= `left`, p = x^2 the product of equal factors that start at `start`, without noise.

    The gradient of 1/2 (p - 1)^2 in each factor is (x^2 - 1) x.
    """
    x, v = start, 0.0
    for step in range(longest):
        if (1 - x * x) ** 2 <= left:
            return step
        v = alpha * v + (x * x - 1) * x
        x -= eta * v
    raise AssertionError("it never leaves")
