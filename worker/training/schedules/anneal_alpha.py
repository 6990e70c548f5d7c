"""Annealed momentum weight (reconstruction): alpha falls on a straight line over the last share of the steps.

Source: Liu et al. (arXiv 1802.05155, Stochastic Systems 2021): momentum helps at saddle points and hurts near optima
unless the learning rate or the momentum weight is annealed. No source gives the schedule: the straight line, its share
and its end are a reconstruction. Formula, for step t = 0 .. T - 1 with n = ceil(share * T) and s = T - n:

    alpha_t = alpha                                          t <= s
    alpha_t = alpha - (alpha - end) (t - s) / (n - 1)        t > s

and `end` exactly at the last step. A lane whose alpha is not above `end` keeps it: an annealing never raises alpha.
eta does not move, so the effective rate eta / (1 - alpha) falls with alpha. The buffer is not rescaled.

Parameters: end, the momentum weight that the last step has, not below 0; share, the last share of the training's
steps, in (0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.training.rates import Length, Rates, falling, steady

NUMBERS: dict[str, float] = {"end": 0.0, "share": 0.25}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float]) -> Rates:
    """Rates whose alpha falls at the end of the training.

    Raises:
        ValueError: `end` is below 0 or `share` lies outside (0, 1].
    """
    if own["end"] < 0.0:
        raise ValueError(f"`end` must not be below 0, got {own['end']}")
    return Rates(steady(eta, length), falling(alpha, min(alpha, own["end"]), own["share"], length))
