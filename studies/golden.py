"""The paper's constants and the identities behind them.

Jaeger (2020), "The Golden Ratio of Learning and Momentum", arXiv 2006.04751. Equation numbers are the paper's.

    symbol   meaning                                          equation
    P1       positive root of p^2 + p - 1 = 0                 Eq. 10-13
    P2       its conjugate root                               Eq. 14-16
    ALPHA    momentum weight, sqrt(2) * P1                    Eq. 23
    ETA      learning rate, (1 - ALPHA)^2                     Eq. 25
"""

from __future__ import annotations

import math

P1: float = (math.sqrt(5.0) - 1.0) / 2.0
P2: float = (-math.sqrt(5.0) - 1.0) / 2.0
ALPHA: float = math.sqrt(2.0) * P1
ETA: float = (1.0 - ALPHA) ** 2


def effective_rate(eta: float, alpha: float) -> float:
    """Long-run step per unit gradient, eta / (1 - alpha): the quantity that the known ridge of SGD holds constant.

    At the golden point it equals 1 - ALPHA exactly, since ETA = (1 - ALPHA)^2.

    Raises:
        ValueError: eta is not positive, or alpha lies outside [0, 1).
    """
    if eta <= 0.0:
        raise ValueError(f"`eta` must be positive, got {eta}")
    if not 0.0 <= alpha < 1.0:
        raise ValueError(f"`alpha` must lie in [0, 1), got {alpha}")
    return eta / (1.0 - alpha)


def ridge_mate(alpha: float, eta: float = ETA, beside: float = ALPHA) -> float:
    """Learning rate with which `alpha` has a point's effective rate, eta / (1 - beside) * (1 - alpha).

    Ridge mates are the controls that show whether momentum itself matters: to first order they train alike
    (Yuan, Ying & Sayed 2016).

    Args:
        alpha: momentum weight of the mate.
        eta, beside: learning rate and momentum weight of the point; the golden point's unless given.

    Raises:
        ValueError: a momentum weight lies outside [0, 1), or `eta` is not positive.
    """
    if not 0.0 <= alpha < 1.0:
        raise ValueError(f"`alpha` must lie in [0, 1), got {alpha}")
    return effective_rate(eta, beside) * (1.0 - alpha)
