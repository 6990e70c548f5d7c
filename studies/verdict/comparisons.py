"""The claim's point against every other arm on shared fresh blocks, and the tests of its regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from studies.language.claim import Claim
from studies.records import Arm
from studies.verdict.model import UNKNOWN, Comparison, Interval
from studies.verdict.neighbourhood import inside
from studies.verdict.paired import FULL_LEVEL, MeanTest, mean_test, nadeau_bengio_factor, sign_flip_p_value
from studies.verdict.rows import ArmRuns, complete_table, open_table, paired_values
from studies.verdict.sigma import Deviation, block_deviation, incomplete_deviation

FloatArray = NDArray[np.float64]
SOUGHT = (Arm.BEST, Arm.INSIDE, Arm.OUTSIDE, Arm.OPPOSITE, Arm.LIKELIEST, Arm.RIVAL)  # at places the study found good
SCATTERS = 1.5
NEAR_OPTIMUM = (Arm.CLAIM, Arm.BEST, Arm.INSIDE)  # arms whose noise is that of the optimum's surroundings
FEWEST_PAIRS = 2  # of an arm that is compared


@dataclass(frozen=True, slots=True)
class RegretTests:
    """p-values on the regret, by Student's t and by sign flips; None where the arms were not measured.

    equivalent: H0 "the best point beats the claim by the margin or more".
    worse: H0 "it beats the claim by no more than the margin".
    better: H0 "the best point is no better than the claim".
    crossed: H0 "the best point outside N is no better than the best inside".
    """

    pairs: int
    difference: Interval  # best minus claim, response units
    spread: float | None  # deviation of one paired difference, response units
    equivalent: float | None
    worse: float | None
    better: float | None
    crossed: float | None
    equivalent_flip: float | None
    worse_flip: float | None
    better_flip: float | None
    crossed_flip: float | None


def find_arm(arms: Sequence[ArmRuns], name: str) -> ArmRuns | None:
    """The first arm of this name, None if it was not measured."""
    return next((arm for arm in arms if arm.arm == name), None)


def near_by_response(arms: Sequence[ArmRuns]) -> list[ArmRuns]:
    """The claim and the two other arms that respond highest on shared blocks: the optimum's surroundings, by results.

    No label bears on the choice, so none can change sigma. Means do not bias it: in normal noise they are independent
    of deviations.
    """
    claim = find_arm(arms, Arm.CLAIM)
    if claim is None:
        return []
    pairs = [(paired_values(arm, claim)[0], arm) for arm in arms if arm is not claim]
    leads = [(float(d.mean()), i) for i, (d, _) in enumerate(pairs) if len(d) >= FEWEST_PAIRS]
    highest = sorted(leads, key=lambda lead: (-lead[0], lead[1]))[: len(NEAR_OPTIMUM) - 1]
    return [claim, *(pairs[i][1] for _, i in highest)]


def confirm_deviation(arms: Sequence[ArmRuns], *, robust: bool = False) -> Deviation | None:
    """Within-block sigma from the confirmation: what arms near the optimum differ by beyond block and arm means.

    Which arms are near it is known by their labels. With `robust` by their results (`near_by_response`), by Huber's
    Proposal 2, from tables with missing cells too; and where sigma exceeds SCATTERS times what those arms differ by
    without the claim, it is theirs, so that no claim widens its own margin by scattering.
    """
    if not robust:
        return block_deviation(complete_table([arm for arm in arms if arm.arm in NEAR_OPTIMUM])[1])
    near = near_by_response(arms)
    found, others = (incomplete_deviation(open_table(some)[1]) if len(some) > 1 else None for some in (near, near[1:]))
    if found is None or others is None or others.value <= 0.0:
        return found
    return others if found.value > SCATTERS * others.value else found


def compare_arms(
    arms: Sequence[ArmRuns],
    *,
    margin: float | None,
    folds: int | None,
    in_points: bool,
    rng: np.random.Generator,
    level: float = FULL_LEVEL,
) -> tuple[Comparison, ...]:
    """Every arm minus the claim on their shared blocks; empty where the claim was not measured.

    Args:
        arms: from `paired_arms`.
        margin: delta in response units; None leaves the equivalence p-values None.
        folds: K where the pairs are the runs of K-fold cross-validation, whose overlapping training sets widen the
            standard error (Nadeau & Bengio 2003); None for independent blocks.
        in_points: whether differences in percentage points of accuracy belong to the objective.
        rng: draws the sign flips.
        level: at which this look's tests are held; lower ones are resolved more finely.
    """
    claim = find_arm(arms, Arm.CLAIM)
    if claim is None:
        return ()
    return tuple(
        _compare(arm, claim, margin=margin, folds=folds, in_points=in_points, rng=rng, level=level)
        for arm in arms
        if arm is not claim
    )


def _compare(
    arm: ArmRuns,
    claim: ArmRuns,
    *,
    margin: float | None,
    folds: int | None,
    in_points: bool,
    rng: np.random.Generator,
    level: float,
) -> Comparison:
    d, points = paired_values(arm, claim)
    factor = _variance_factor(len(d), folds)
    test, in_percent = mean_test(d, variance_factor=factor), mean_test(points, variance_factor=factor)
    known = margin is not None and test.df is not None
    flips = partial(sign_flip_p_value, rng=rng, level=level)
    return Comparison(
        arm=arm.arm,
        eta=arm.eta,
        alpha=arm.alpha,
        pairs=len(d),
        difference=as_interval(test, len(d)),
        difference_points=as_interval(in_percent, len(d)) if in_points else UNKNOWN,
        p_equivalent=test.p_less(margin) if known and margin is not None else None,
        p_worse=test.p_greater(margin) if known and margin is not None else None,
        p_permutation=flips(d, alternative="two-sided") if test.df is not None else None,
        p_alike=test.p_equivalent(margin) if known and margin is not None else None,
        p_loses=test.p_less(-margin) if known and margin is not None else None,
    )


def _variance_factor(pairs: int, folds: int | None) -> float:
    if folds is None or folds < 2:
        return 1.0
    return nadeau_bengio_factor(max(1, round(pairs / folds)), folds)


def as_interval(test: MeanTest, pairs: int) -> Interval:
    """Mean with its 95 % interval; all None without pairs."""
    return Interval(test.mean, *test.interval()) if pairs else UNKNOWN


def regret_tests(
    arms: Sequence[ArmRuns],
    claim: Claim,
    margin: float | None,
    *,
    rng: np.random.Generator,
    level: float = FULL_LEVEL,
) -> RegretTests:
    """Test the claim's regret against the best point, and the best point outside N against the best inside.

    Assumptions: blocks are fresh, that is, none of their runs chose the points; differences roughly normal (t) or
    symmetric (flips). Error rate: each p-value controls its own type-I error.
    """
    at_claim, best = find_arm(arms, Arm.CLAIM), find_arm(arms, Arm.BEST)
    d = paired_values(best, at_claim)[0] if best is not None and at_claim is not None else np.empty(0)
    test = mean_test(d)
    ready = test.df is not None and margin is not None
    bound = margin if margin is not None else 0.0
    sides = _sides(arms, claim, best)
    crossing = paired_values(*sides)[0] if sides is not None else np.empty(0)
    crossed = mean_test(crossing).p_greater(0.0)
    flips = partial(sign_flip_p_value, rng=rng, level=level)
    return RegretTests(
        pairs=len(d),
        difference=as_interval(test, len(d)),
        spread=float(np.std(d, ddof=1)) if test.df is not None else None,
        equivalent=test.p_less(bound) if ready else None,
        worse=test.p_greater(bound) if ready else None,
        better=test.p_greater(0.0),
        crossed=crossed,
        equivalent_flip=flips(d, alternative="less", bound=bound) if ready else None,
        worse_flip=flips(d, alternative="greater", bound=bound) if ready else None,
        better_flip=flips(d, alternative="greater") if test.df is not None else None,
        crossed_flip=None if crossed is None else flips(crossing, alternative="greater"),
    )


def _sides(arms: Sequence[ArmRuns], claim: Claim, best: ArmRuns | None) -> tuple[ArmRuns, ArmRuns] | None:
    """Best arm outside N and best inside; `best` stands in for the one of the two that it equals."""
    within, without = find_arm(arms, Arm.INSIDE), find_arm(arms, Arm.OUTSIDE)
    if best is not None:
        near = bool(inside(claim, np.array([best.place]))[0])
        within, without = (within or best, without) if near else (within, without or best)
    return None if within is None or without is None else (without, within)
