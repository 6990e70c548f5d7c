"""Step decay: eta is multiplied by a factor each time a share of the training has passed.

Source: torch.optim.lr_scheduler.StepLR, whose `step_size` is every * T and whose `gamma` is the factor. Formula, for
step t = 0 .. T - 1:

    eta_t = eta * factor ** n_t,    n_t = number of falls up to step t; fall n holds from step floor(n * every * T) on,

for every n with n * every < 1. A fall thus holds from the step on in which its moment lies, so that all falls have
happened by the last step of any training. alpha does not move.

Parameters: factor, a pure number in (0, 1]; every, a share of the training's steps in (0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worker.training.rates import ROUNDING, Length, Rates, steady

NUMBERS: dict[str, float] = {"factor": 0.1, "every": 0.3}


def table(length: Length, eta: float, alpha: float, own: Mapping[str, float]) -> Rates:
    """Rates that fall by a factor at even distances.

    Raises:
        ValueError: `factor` or `every` lies outside (0, 1].
    """
    factor, every = own["factor"], own["every"]
    for name, value in (("factor", factor), ("every", every)):
        if not 0.0 < value <= 1.0:
            raise ValueError(f"`{name}` must lie above 0 and not above 1, got {value}")
    passed = np.arange(1, length.steps + 1) / length.steps  # share of the training at the end of each step
    with np.errstate(over="ignore"):  # more falls than a number holds: the factor's power is 0 (or 1) all the same
        falls = np.ceil(passed / every - ROUNDING) - 1.0
    return Rates(eta * np.power(factor, falls), steady(alpha, length))
