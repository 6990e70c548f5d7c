"""Half a cosine: eta falls from its start at the first step to a share of it at the last one.

Source: Loshchilov and Hutter 2017 (SGDR, Eq. 5, one period without restarts), as torch.optim.lr_scheduler's
CosineAnnealingLR with T_max = T - 1 and eta_min = end * eta. Formula, for step t = 0 .. T - 1:

    eta_t = eta * (end + (1 - end) (1 + cos(pi t / (T - 1))) / 2)

so the last step has exactly end * eta: with end = 0 it changes no weight, unless the rule's buffer holds steps (LARS).
alpha does not move.

Parameter: end, the share of eta that the last step has, in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worker.training.rates import Length, Rates, steady

NUMBERS: dict[str, float] = {"end": 0.0}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float]) -> Rates:
    """Rates along half a cosine.

    Raises:
        ValueError: `end` lies outside [0, 1].
    """
    if not 0.0 <= own["end"] <= 1.0:
        raise ValueError(f"`end` must lie between 0 and 1, got {own['end']}")
    last = own["end"] * eta
    angle = np.linspace(0.0, np.pi, length.steps)
    falling = np.clip(last + (eta - last) * (1.0 + np.cos(angle)) / 2.0, last, eta)
    falling[0], falling[-1] = eta, last  # free of rounding; the only step of a training of one is its last
    return Rates(falling, steady(alpha, length))
