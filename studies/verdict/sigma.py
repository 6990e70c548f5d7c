"""The within-block seed deviation sigma: what two runs of one point differ by when only their seeds differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.huber import huber_scale
from studies.verdict.two_way import fit_two_way

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


ROUNDING = 1e-12  # deviations below this share of the values are rounding, not noise


@dataclass(frozen=True, slots=True)
class Deviation:
    """A deviation in response units with the degrees of freedom it rests on."""

    value: float
    df: int


def pooled_deviation(y: FloatArray, groups: IntArray) -> Deviation | None:
    """Deviation within groups of replicates, pooled by degrees of freedom; None where no group has two runs.

    Assumptions: independent runs, equal variance in every group. Unbiased in the variance.
    """
    if len(y) == 0:
        return None
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    counts = np.bincount(codes)
    df = int(np.sum(counts - 1))
    if df < 1:
        return None
    means = np.bincount(codes, weights=y) / counts
    return Deviation(value=float(np.sqrt(np.sum((y - means[codes]) ** 2) / df)), df=df)


def robust_deviation(y: FloatArray, groups: IntArray) -> Deviation | None:
    """`pooled_deviation` by Huber's Proposal 2, for groups a minority of whose runs lie far off."""
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    counts = np.bincount(codes, minlength=1)
    means = np.bincount(codes, weights=y, minlength=1) / np.maximum(counts, 1)
    df = int(np.sum(np.maximum(counts - 1, 0)))
    residual = (y - means[codes])[counts[codes] >= 2]
    return Deviation(value=huber_scale(residual, df=df), df=df) if df > 0 else None


def block_deviation(table: FloatArray) -> Deviation | None:
    """Deviation of one run in a complete (blocks, arms) table after removing block and arm means.

    Assumptions: additive blocks and arms, equal variance. For two arms it is sd(difference) / sqrt(2).
    None below two blocks or two arms.
    """
    if table.ndim != 2 or min(table.shape) < 2:
        return None
    blocks, arms = table.shape
    residual = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    df = (blocks - 1) * (arms - 1)
    noise = float(np.sqrt(np.sum(residual**2) / df))
    return Deviation(value=noise if noise > ROUNDING * max(1.0, float(np.abs(table).max())) else 0.0, df=df)


def pool(parts: Iterable[Deviation | None]) -> Deviation | None:
    """Pool independent estimates by degrees of freedom; None where there is none."""
    known = [part for part in parts if part is not None]
    df = sum(part.df for part in known)
    if df == 0:
        return None
    return Deviation(value=float(np.sqrt(sum(part.df * part.value**2 for part in known) / df)), df=df)


def incomplete_deviation(table: FloatArray) -> Deviation | None:
    """Deviation of one run in a table of blocks by arms with missing cells (nan), by Huber's Proposal 2.

    Of the residuals from additive blocks and arms (`two_way`), from which runs far off have been taken (`collapse`): a
    least-squares fit shares such a run out among its block. Assumptions: additive blocks and arms, one deviation but
    for a minority of runs. None where the cells leave nothing to compare.
    """
    fit = fit_two_way(table)
    if fit.df < 1:
        return None
    noise = huber_scale(fit.residual[np.isfinite(fit.residual)], df=fit.df)
    largest = max(1.0, float(np.nanmax(np.abs(table))))
    return Deviation(value=noise if noise > ROUNDING * largest else 0.0, df=fit.df)
