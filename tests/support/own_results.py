"""What trainings of somebody else's program yield: results that follow from points and seeds alone.

Programs of the tests load this and little else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

PEAK = (0.016, 0.874)


def share_of(eta: float, alpha: float, *, order_seed: int, init_seed: int) -> float:
    """The share that a training at this point with these seeds yields: a planted optimum, and noise of the seeds."""
    noise = float(np.random.default_rng([order_seed, init_seed]).standard_normal())
    v, u = math.log(eta / PEAK[0]), math.log((1.0 - alpha) / (1.0 - PEAK[1]))
    logit = 3.0 - 0.3 * (v - u) ** 2 - 0.2 * u**2 + 0.05 * noise
    return round(1000 / (1.0 + math.exp(-max(logit, -6.0)))) / 1000


def results_of(trial: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs of a leased trial, as they are reported."""
    at = trial["parameters"]
    return [
        {"run": run["run"], "value": share_of(**at, order_seed=run["order_seed"], init_seed=run["init_seed"])}
        for run in trial["runs"]
    ]
