"""Paired tests on shared blocks: Student's t, equivalence by two one-sided tests, sign flips.

Every test reads d, the differences "arm minus claim" of one response, one value per block. Blocks are independent;
d is roughly normal for the t-tests and symmetric about its mean for the sign flips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.tails import t_point, t_tail

FloatArray = NDArray[np.float64]
MOST_ROOT = 1e6  # of the pairs needed: more than a million million will never be trained
EXACT_PAIRS = 12  # up to 2^12 sign patterns are enumerated; beyond, they are drawn
FLIPS = 4000  # drawn sign patterns: Monte-Carlo error of p = 0.05 is 0.0034
FULL_LEVEL = 0.045  # levels from here on are served by FLIPS patterns; lower ones by up to MOST_TIMES as many
MOST_TIMES = 10


@dataclass(frozen=True, slots=True)
class MeanTest:
    """Mean difference with its standard error; `df` None means that fewer than two pairs exist."""

    mean: float
    error: float
    df: int | None

    def interval(self, level: float = 0.95) -> tuple[float | None, float | None]:
        """Two-sided t-interval of the mean at confidence `level`."""
        if self.df is None:
            return None, None
        half = t_point((1.0 - level) / 2, self.df) * self.error
        return self.mean - half, self.mean + half

    def p_greater(self, bound: float) -> float | None:
        """p-value against H0: E d <= bound (one-sided t, `df` degrees of freedom)."""
        return None if self.df is None else self._tail(self.mean - bound)

    def p_less(self, bound: float) -> float | None:
        """p-value against H0: E d >= bound (one-sided t, `df` degrees of freedom)."""
        return None if self.df is None else self._tail(bound - self.mean)

    def p_equivalent(self, margin: float) -> float | None:
        """p-value against H0: |E d| >= margin (two one-sided tests, Schuirmann 1987)."""
        above, below = self.p_greater(-margin), self.p_less(margin)
        return None if above is None or below is None else max(above, below)

    def _tail(self, excess: float) -> float:
        assert self.df is not None
        if self.error > 0.0:
            return t_tail(excess / self.error, self.df)
        return 2.0 ** -(self.df + 1) if excess > 0.0 else 1.0  # all pairs alike: what sign flips would give


def mean_test(d: FloatArray, *, variance_factor: float = 1.0) -> MeanTest:
    """Mean of the differences d, shape (n,), with se = sd * sqrt(variance_factor / n) and n - 1 degrees of freedom.

    A `variance_factor` above 1 (`nadeau_bengio_factor`) accounts for training sets that overlap.
    """
    if len(d) < 2:
        return MeanTest(mean=float(d.mean()) if len(d) else 0.0, error=0.0, df=None)
    spread = float(np.std(d, ddof=1))
    spread = spread if spread > 1e-12 * max(1.0, float(np.abs(d).max())) else 0.0
    return MeanTest(mean=float(d.mean()), error=spread * float(np.sqrt(variance_factor / len(d))), df=len(d) - 1)


def nadeau_bengio_factor(repeats: int, folds: int) -> float:
    """1 + T K / (K - 1): by how much T x K-fold cross-validation understates the variance of a mean difference.

    The corrected variance is s^2 (1/J + n_test/n_train) with J = T K runs and n_test/n_train = 1/(K - 1).
    Reference: Nadeau & Bengio (2003), Machine Learning 52.
    """
    return 1.0 + repeats * folds / (folds - 1)


def sign_flip_p_value(
    d: FloatArray, *, alternative: str, rng: np.random.Generator, bound: float = 0.0, level: float = FULL_LEVEL
) -> float:
    """Sign-flip permutation p-value for the mean of d against `bound`.

    Hypothesis: d - bound is symmetric about zero. Alternative "greater", "less" or "two-sided" (of the mean).
    Exact up to 12 pairs, else by 4,000 random sign patterns with the +1 of Phipson & Smyth (2010), so that the type-I
    error stays at or below its level. 1 without pairs. A test that is held at a lower `level` draws more patterns.

    Raises:
        ValueError: unknown alternative.
    """
    if alternative not in ("greater", "less", "two-sided"):
        raise ValueError(f'`alternative` must be "greater", "less" or "two-sided", got {alternative!r}')
    if len(d) == 0:
        return 1.0
    shifted = d - bound
    if len(d) <= EXACT_PAIRS:
        signs = _all_signs(len(d))
        return _reached(signs, shifted, alternative) / len(signs)
    times = min(MOST_TIMES, math.ceil(FULL_LEVEL / max(level, 1e-9)))
    reached = sum(_reached(_some_signs(len(d), rng), shifted, alternative) for _ in range(times))
    return (reached + 1) / (times * FLIPS + 1)


def _reached(signs: FloatArray, shifted: FloatArray, alternative: str) -> int:
    """Number of sign patterns that give a sum at least as far in the alternative's direction as the one observed."""
    flipped, observed = signs @ shifted, float(shifted.sum())
    if alternative == "two-sided":
        flipped, observed = np.abs(flipped), abs(observed)
    elif alternative == "less":
        flipped, observed = -flipped, -observed
    return int(np.count_nonzero(flipped >= observed - 1e-12 * np.abs(shifted).sum()))


def _some_signs(n: int, rng: np.random.Generator) -> FloatArray:
    signs = np.asarray(rng.integers(0, 2, size=(FLIPS, n)), dtype=np.float64)
    signs *= 2.0
    signs -= 1.0
    return signs


def _all_signs(n: int) -> FloatArray:
    patterns = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return np.asarray(patterns * 2.0 - 1.0, dtype=np.float64)


def pairs_needed(margin: float, spread: float, *, level: float, power: float = 0.95) -> int | None:
    """Pairs for a one-sided paired test to show a difference of `margin` with the given power; None if out of reach.

    n = spread^2 (z_level + z_power)^2 / margin^2 with `spread` the deviation of one paired difference.
    """
    if margin <= 0.0 or spread <= 0.0:
        return None
    quantiles = t_point(level, 1e9) + t_point(1.0 - power, 1e9)
    root = spread * quantiles / margin
    return int(np.ceil(root**2)) if root < MOST_ROOT else None
