"""Every arm against the claim on fresh pairs: the tests of "as good as the best", by Student's t and by sign flips.

d = arm minus claim on the blocks in which both trained. Two one-sided tests per arm at the margin delta:

    p_less     H0: the arm beats the claim by the margin or more    (small: the claim is as good, up to the margin)
    p_greater  H0: the arm beats the claim by no more than that     (small: the arm is better by more than the margin)

Assumptions: blocks are independent and fresh, none of their runs chose the points; d roughly normal (t), or symmetric
about its mean (flips). Error rate: each p-value controls its own type-I error. Over arms: the largest p_less is a
p-value of "some arm beats the claim by the margin or more" (intersection-union, Berger 1982), nothing to pay; the least
of p_greater / weight is one of "no arm beats it by more than that" (weighted Bonferroni).

Under a sequential confirmation p-values and bounds hold whenever it ends, each for as many blocks as its own arm was
measured on (`looks.read`, `looks.resolved_level`).

Sign flips are drawn where Student's p-value is below NEAR_LEVEL; above, far from every level, it stands for both.

References: Hsu (1984), Ann. Stat. 12, 1136-1144 (comparisons with the best); Schuirmann (1987), J. Pharmacokin. 15
(one-sided tests of equivalence).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from studies.records import Arm
from studies.seeds import derive
from studies.verdict.comparisons import find_arm
from studies.verdict.levels import arm_weights, levels_of
from studies.verdict.looks import read, resolved_level
from studies.verdict.model import Evidence
from studies.verdict.paired import EXACT_PAIRS, FLIPS, FULL_LEVEL, MOST_TIMES, MeanTest, mean_test
from studies.verdict.rows import ArmRuns, paired_values
from studies.verdict.tails import t_point

FloatArray = NDArray[np.float64]
NEAR_LEVEL = 0.2
MOST_PIECES = 64  # of FLIPS sign patterns each: enough for the level of one arm at a fourth look


@dataclass(frozen=True, slots=True)
class ArmTest:
    """One arm minus the claim, response units; p-values are None without a margin or with fewer than two pairs."""

    arm: str
    eta: float
    alpha: float
    pairs: int
    lead: float  # mean difference
    upper: float | None  # upper one-sided 95 % bound of the lead
    lower: float | None  # lower bound, at the arm's weight of that level: one-sided 95 % over all arms
    weight: float  # of the arm, among all arms
    p_less: float | None
    p_greater: float | None
    p_less_flip: float | None
    p_greater_flip: float | None

    def less(self, *, flips: bool = False) -> float | None:
        """p-value against "the arm beats the claim by the margin or more"."""
        return self.p_less_flip if flips else self.p_less

    def greater(self, *, flips: bool = False) -> float | None:
        """p-value against "the arm beats the claim by no more than the margin", divided by the arm's weight."""
        p = self.p_greater_flip if flips else self.p_greater
        return None if p is None else min(1.0, p / self.weight)


def arm_tests(arms: Sequence[ArmRuns], evidence: Evidence, margin: float | None) -> tuple[ArmTest, ...]:
    """All arms but the claim, tested against it; empty where the claim was not measured.

    Args:
        arms: runs that train, by `rows.paired_arms`.
        evidence: of the sweep; its seed draws the sign flips, the lower its levels the more of them.
        margin: delta, response units.
    """
    claim = find_arm(arms, Arm.CLAIM)
    if claim is None:
        return ()
    rivals = [(arm, paired_values(arm, claim)[0]) for arm in arms if arm is not claim]
    weights = arm_weights([arm.arm for arm, _ in rivals])
    levels = levels_of(evidence)
    finest = resolved_level(evidence, levels.arm * min(weights, default=1.0))
    flips = _Flips(margin or 0.0, finest, evidence.seed)
    return tuple(
        _tested(arm, d, evidence, margin, weight, flips) for (arm, d), weight in zip(rivals, weights, strict=True)
    )


def _tested(
    arm: ArmRuns, d: FloatArray, evidence: Evidence, margin: float | None, weight: float, flips: _Flips
) -> ArmTest:
    test, levels = mean_test(d), levels_of(evidence)
    held, bound = partial(read, evidence, pairs=len(d)), partial(resolved_level, evidence, pairs=len(d))
    known = margin is not None and test.df is not None
    less, greater = (test.p_less(margin), test.p_greater(margin)) if known and margin is not None else (None, None)
    less_flip, greater_flip = flips.beside(d, less, greater)
    return ArmTest(
        arm=arm.arm,
        eta=arm.eta,
        alpha=arm.alpha,
        pairs=len(d),
        lead=test.mean,
        upper=_bound(test, bound(levels.shown)),
        lower=_bound(test, bound(levels.shown * weight), below=True),
        weight=weight,
        p_less=held(less),
        p_greater=held(greater),
        p_less_flip=held(less_flip),
        p_greater_flip=held(greater_flip),
    )


def _bound(test: MeanTest, level: float, *, below: bool = False) -> float | None:
    """One-sided bound of the mean at confidence 1 - level."""
    if test.df is None:
        return None
    half = t_point(level, test.df) * test.error
    return test.mean - half if below else test.mean + half


@dataclass(frozen=True, slots=True)
class _Flips:
    """Sign-flip p-values at a margin. All arms of equal length share their sign patterns, drawn by the seed."""

    margin: float
    level: float  # the least at which one of the tests is held
    seed: int
    drawn: dict[int, list[NDArray[np.int8]]] = field(default_factory=dict)

    def beside(self, d: FloatArray, less: float | None, greater: float | None) -> tuple[float | None, float | None]:
        """The counterparts of the two t-tests; theirs where neither is near a level."""
        if less is None or greater is None or min(less, greater) > NEAR_LEVEL:
            return less, greater
        below, above = self._p_values(d - self.margin)
        return (below if less <= NEAR_LEVEL else less), (above if greater <= NEAR_LEVEL else greater)

    def _p_values(self, shifted: FloatArray) -> tuple[float, float]:
        """Shares of sign patterns with a sum at most, and at least, the one observed."""
        observed, slack = float(shifted.sum()), 1e-12 * float(np.abs(shifted).sum())
        count = low = high = 0
        for signs in self._patterns(len(shifted)):
            sums = signs @ shifted
            count += len(sums)
            low += int(np.count_nonzero(sums <= observed + slack))
            high += int(np.count_nonzero(sums >= observed - slack))
        extra = int(len(shifted) > EXACT_PAIRS)  # the observed pattern itself (Phipson & Smyth 2010)
        return (low + extra) / (count + extra), (high + extra) / (count + extra)

    def _patterns(self, n: int) -> list[NDArray[np.int8]]:
        if n not in self.drawn:
            self.drawn[n] = _all_patterns(n) if n <= EXACT_PAIRS else self._some_patterns(n)
        return self.drawn[n]

    def _some_patterns(self, n: int) -> list[NDArray[np.int8]]:
        level = max(self.level, 1e-9)
        precise, reachable = min(MOST_TIMES, math.ceil(FULL_LEVEL / level)), math.ceil(2.0 / (level * FLIPS))
        rng = np.random.default_rng(derive(self.seed, "arm flips", n))
        return [_signs(rng.integers(0, 2, (FLIPS, n))) for _ in range(min(MOST_PIECES, max(precise, reachable)))]


def _all_patterns(n: int) -> list[NDArray[np.int8]]:
    return [_signs((np.arange(2**n)[:, None] >> np.arange(n)) & 1)]


def _signs(bits: NDArray[np.int64]) -> NDArray[np.int8]:
    return (2 * bits - 1).astype(np.int8)
