"""Step decay: eta is multiplied by a factor each time a share of the training has passed.

Source: torch.optim.lr_scheduler.StepLR, whose `step_size` is every * T and whose `gamma` is the factor. Formula, for
step t = 0 .. T - 1:

    eta_t = eta * factor ** n_t,    n_t = number of falls up to step t; fall n holds from step floor(n * every * T) on,

for every n with n * every < 1. A fall thus holds from the step on in which its moment lies, so that all falls have
happened by the last step of any training. alpha does not move.

Parameters: factor, a pure number in [0, 1]; every, a share of the training's steps in (0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from worker.training.rates import ROUNDING, Length, Rates, steady

NUMBERS: dict[str, float] = {"factor": 0.1, "every": 0.25}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float]) -> Rates:
    """Rates that fall by a factor at even distances.

    Raises:
        ValueError: `factor` lies outside [0, 1] or `every` outside (0, 1].
    """
    factor, every = own["factor"], own["every"]
    if not 0.0 <= factor <= 1.0:
        raise ValueError(f"`factor` must lie between 0 and 1, got {factor}")
    if not 0.0 < every <= 1.0:
        raise ValueError(f"`every` must lie above 0 and not above 1, got {every}")
    falls = np.arange(1, math.ceil(1.0 / every - ROUNDING))
    first_steps = np.floor(falls * every * length.steps + ROUNDING)
    fallen = np.searchsorted(first_steps, np.arange(length.steps), side="right")
    return Rates(eta * np.power(factor, fallen.astype(np.float64)), steady(alpha, length))
