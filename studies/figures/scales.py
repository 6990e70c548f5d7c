"""Axes and colour scales: ticks in raw alpha and eta, objectives on the scale where equal steps mean equal effort.

Accuracy is drawn on its logit and losses on a logarithm, the same responses that the verdict is made from, but always
labelled in raw units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.language.objective_names import Judged, is_real, is_share
from studies.records import Runs

FloatArray = NDArray[np.float64]
ALPHA_TICKS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
FEW_ALPHA_TICKS = (0.0, 0.8, 0.96, 0.99, 0.998)
ETA_TICKS = tuple(m * 10.0**e for e in range(-7, 3) for m in (1, 3))
_SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999)
_MULTIPLES = (1.0, 2.0, 3.0, 5.0, 7.0)
MOST_IN_VIEW = 1000  # trials of one kind in a further view; more would only be a grey mass, and heavy to send
FLOOR = 1e-12  # a loss of exactly zero has no logarithm
SMALLEST = 5e-324  # of a positive measure, which may have any unit


@dataclass(frozen=True, slots=True)
class Ticks:
    """Positions on an axis and what stands there."""

    at: tuple[float, ...]
    text: tuple[str, ...]


def larger_is_better(objective: Judged) -> bool:
    """Direction of an objective."""
    return objective == "accuracy" if isinstance(objective, str) else objective.maximised


def column(runs: Runs, objective: Judged) -> FloatArray:
    """Raw values of an objective, one per run."""
    if not isinstance(objective, str):
        return runs.value
    return np.asarray(getattr(runs, objective), dtype=np.float64)


def shade(values: ArrayLike, objective: Judged) -> FloatArray:
    """Raw values to the drawn scale, where larger is better for every objective."""
    raw, rises = np.asarray(values, dtype=np.float64), larger_is_better(objective)
    if is_share(objective):
        share = np.clip(raw if rises else 1.0 - raw, 1e-4, 1.0 - 1e-4)
        return np.asarray(np.log(share / (1.0 - share)), dtype=np.float64)
    least = FLOOR if isinstance(objective, str) else SMALLEST
    drawn = raw if is_real(objective) else np.log(np.maximum(raw, least))
    return np.asarray(drawn if rises else -drawn, dtype=np.float64)


def shade_ticks(low: float, high: float, objective: Judged) -> Ticks:
    """Raw values that lie between `low` and `high` of the drawn scale, thinned to at most eight."""
    if is_share(objective):
        raws = [s if larger_is_better(objective) else 1.0 - s for s in _SHARES]
        texts = [f"{100 * r:g} %" for r in np.round(raws, 6)]
    elif is_real(objective):
        sign = 1.0 if larger_is_better(objective) else -1.0
        raws = [sign * tick for tick in np.linspace(low, high, 8).tolist()]
        texts = [f"{r:.4g}" for r in raws]
    else:
        ends = sorted((low, high) if larger_is_better(objective) else (-low, -high))
        first, last = (math.floor(end / math.log(10.0)) for end in ends)
        raws = [m * 10.0**e for e in range(max(first, -300), min(last, 300) + 1) for m in _MULTIPLES]
        texts = [f"{r:g}" for r in raws]
    pairs = [(float(shade(r, objective)), t) for r, t in zip(raws, texts, strict=True)]
    inside = sorted(p for p in pairs if low <= p[0] <= high)
    step = even_step(len(inside), 8)
    return Ticks(tuple(p[0] for p in inside[::step]), tuple(p[1] for p in inside[::step]))


def even_step(count: int, most: int) -> int:
    """Every so many-th of a count, so that at most `most` are left."""
    return max(1, math.ceil(count / most))


def in_view(count: int) -> NDArray[np.intp]:
    """Places of the trials of one kind that a further view draws: all, or the first and every so many."""
    return np.arange(count)[:: even_step(count, MOST_IN_VIEW)]


def good_span(shades: NDArray[np.float64], worst: float) -> tuple[float, float]:
    """From a quantile of drawn values to the best, so that the good end gets the room; 0 to 1 without values."""
    return (float(np.quantile(shades, worst)), float(shades.max())) if len(shades) else (0.0, 1.0)


def alpha_ticks(low: float, high: float, *, few: bool = False) -> Ticks:
    """Ticks of the u axis, labelled in raw alpha, between two values of alpha; `few` for narrow axes."""
    inside = [a for a in (FEW_ALPHA_TICKS if few else ALPHA_TICKS) if low <= a <= high]
    return Ticks(tuple(float(-np.log1p(-a)) for a in inside), tuple(f"{a:g}" for a in inside))


def eta_ticks(low: float, high: float, *, few: bool = False) -> Ticks:
    """Ticks of the eta axis (raw values, for a logarithmic axis); `few` for narrow axes."""
    inside = [e for e in (ETA_TICKS[::2] if few else ETA_TICKS) if low * (1 - 1e-9) <= e <= high * (1 + 1e-9)]
    return Ticks(tuple(inside), tuple(f"{e:g}" if e >= 1e-4 else f"{e:.0e}" for e in inside))
