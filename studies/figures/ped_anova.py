"""Importance of a parameter by PED-ANOVA: how far the best trials' density over it is from that of all trials.

Watanabe, Bansal, Hutter (2023), "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces",
IJCAI 2023, arXiv 2304.10255: with densities by Parzen windows on a grid, the importance of reaching the best share
q of the trials is

    q^2 * sum over the grid of  p_all * (p_top / p_all - 1)^2

a Pearson divergence. Grid, bandwidth (Scott's rule) and prior are those of Optuna's evaluator, which a test holds it
against; written anew, as it needs a study of Optuna's, and SciPy, for fifty numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
STEPS = 50  # points of the grid
LEAST_SIGMA = 0.5 / 1.64  # of a window, in steps: 90 % of it lie within its own
SCOTT = 1.059
TINY = 1e-12


def importance(at: FloatArray, top: BoolArray, low: float, high: float) -> float:
    """Importance of one parameter for being among the best.

    Args:
        at: the parameter's coordinate in each trial, shape (n,), within [low, high].
        top: True for the best trials, shape (n,), at least one.
        low, high: bounds of the coordinate.
    """
    cells = grid_cells(at, low, high)
    every = density(np.bincount(cells, minlength=STEPS))
    return divergence(cells, top, every)


def divergence(cells: NDArray[np.intp], top: BoolArray, every: FloatArray) -> float:
    """The importance, for cells of `grid_cells` and the density of all trials over them."""
    best = density(np.bincount(cells[top], minlength=STEPS))
    share = np.count_nonzero(top) / len(cells)
    return float(share**2 * (every @ (best / every - 1.0) ** 2))


def grid_cells(at: FloatArray, low: float, high: float) -> NDArray[np.intp]:
    """Each trial's point on the grid, a midpoint to the lower one; shape (n,)."""
    step = (high - low) / (STEPS - 1)
    if step == 0.0:  # floats do not tell the bounds apart
        return np.zeros(at.shape, dtype=np.intp)
    return np.clip(np.ceil((at - low) / step - 0.5).astype(np.intp), 0, STEPS - 1)


def best_of(shades: FloatArray, share: float) -> BoolArray:
    """True for the best share of the values, of which larger ones are better, and for those equal to the last of it."""
    last = np.sort(shades)[::-1][math.ceil(share * len(shades)) - 1]
    return np.asarray(shades >= last, dtype=np.bool_)


def density(counts: NDArray[np.intp]) -> FloatArray:
    """Density over the grid, shape (STEPS,): a truncated normal window per trial, and one as wide as the grid."""
    cells = np.flatnonzero(counts)
    weights, total = counts[cells].astype(np.float64), float(counts.sum())
    sigma = _bandwidth(cells, weights, total)
    grid = np.arange(STEPS)
    mass = _mass(np.arange(-STEPS, STEPS) + 0.5, sigma)
    windows = mass[grid[None, :] - cells[:, None] + STEPS] - mass[grid[None, :] - cells[:, None] + STEPS - 1]
    windows /= (mass[STEPS - 1 - cells + STEPS] - mass[STEPS - 1 - cells])[:, None]
    wide = np.diff(_mass(np.arange(STEPS + 1) - 0.5 - (STEPS - 1) / 2.0, float(STEPS)))
    return np.asarray((weights @ windows + wide / wide.sum()) / (total + 1.0) + TINY, dtype=np.float64)


def _bandwidth(cells: NDArray[np.intp], weights: FloatArray, total: float) -> float:
    mean = float(cells @ weights) / total
    deviation = math.sqrt(float((cells - mean) ** 2 @ weights) / max(1.0, total - 1.0))
    reached = np.cumsum(weights)
    quarter = int(np.searchsorted(reached, total // 4, side="left"))
    three = min(len(cells) - 1, int(np.searchsorted(reached, total * 3 // 4, side="right")))
    spread = float(cells[three] - cells[quarter])
    return max(SCOTT * min(spread / 1.34, deviation) * math.pow(total, -0.2), LEAST_SIGMA)


def _mass(at: NDArray[np.floating[Any]], sigma: float) -> FloatArray:
    """Normal distribution function of each of these, around 0."""
    return np.array([0.5 * (1.0 + math.erf(x / (sigma * math.sqrt(2.0)))) for x in at.tolist()])
