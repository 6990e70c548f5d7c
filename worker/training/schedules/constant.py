"""Constant rates: eta and alpha stay what they are.

Source: Eq. 4 of the paper, whose eta and alpha do not move. Formula: eta_t = eta, alpha_t = alpha. No parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.training.rates import Length, Rates, steady

NUMBERS: dict[str, float] = {}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float]) -> Rates:
    """The same rates at every step."""
    return Rates(steady(eta, length), steady(alpha, length))
