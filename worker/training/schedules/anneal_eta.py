"""Annealed learning rate (reconstruction): eta falls on a straight line over the last share of the steps.

Source: Liu et al. (arXiv 1802.05155, Stochastic Systems 2021): momentum helps at saddle points and hurts near optima
unless the learning rate or the momentum weight is annealed. No source gives the schedule: the straight line, its share
and its end are a reconstruction. Formula, for step t = 0 .. T - 1 with n = ceil(share * T) and s = T - n:

    eta_t = eta                                              t <= s
    eta_t = eta * (1 - (1 - end) (t - s) / (n - 1))          t > s

and end * eta exactly at the last step. alpha does not move.

Parameters: end, the share of eta that the last step has, in [0, 1); share, the last share of the training's steps, in
(0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.training.rates import Length, Rates, falling, steady

NUMBERS: dict[str, float] = {"end": 0.0, "share": 0.25}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float]) -> Rates:
    """Rates whose eta falls at the end of the training.

    Raises:
        ValueError: `end` lies outside [0, 1) or `share` outside (0, 1].
    """
    if not 0.0 <= own["end"] < 1.0:
        raise ValueError(f"`end` must not be below 0 and must lie below 1, got {own['end']}")
    return Rates(falling(eta, own["end"] * eta, own["share"], length), steady(alpha, length))
