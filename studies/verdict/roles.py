"""Arms by their points: what a label says of a point holds only where the point bears it out.

    label          bears it out where the point
    claim          is the claim's (`rows.paired_arms` sees to it, whatever the label)
    default        is (0.01, 0.9)
    mate:<alpha>   has this alpha and the claim's effective rate
    decoy:<i>      is the i-th decoy's; the arm itself says where that is
    inside         lies in the neighbourhood
    outside        lies outside it
    opposite       likewise
    best, and others that a plan derives from the rows: known only by replaying the plan (`golden verify`)

An arm whose label its point contradicts is an ordinary point: it is tested as every arm is, and no sentence calls it by
that label. Nothing is decided while a mate or the default is such an arm (`facts.blocking`). A point at (0.01, 0.9) is
the default, whatever its label: no plan finds its best there to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studies import golden
from studies.language.claim import FOLKLORE, Claim
from studies.language.design import mate_arm
from studies.language.parameters import Axes
from studies.records import Arm
from studies.verdict.neighbourhood import beyond
from studies.verdict.rows import ArmRuns, Sample, paired_arms

SAME = 1e-6  # relative difference of two numbers that a table may have rounded


def judged_arms(sample: Sample, *, every_run: bool = False) -> list[ArmRuns]:
    """The arms of `paired_arms`, the claim's first, under the labels that the verdict knows them by."""
    arms = paired_arms(sample, every_run=every_run)
    return by_point(arms, sample.evidence.claim) if sample.evidence.method.statements else arms


def by_point(arms: Sequence[ArmRuns], claim: Claim) -> list[ArmRuns]:
    """The arms, each under the label that its point bears out; the claim's first, as they came."""
    return [replace(arm, arm=role(arm, claim)) for arm in arms]


def role(arm: ArmRuns, claim: Claim) -> str:
    """The label of an arm as its point bears it out; `point` where it does not."""
    if arm.arm == Arm.CLAIM or arm.arm.startswith("decoy:"):
        return arm.arm
    if claim.axes.has_folklore and lies_at(claim.axes, arm, *FOLKLORE):
        return Arm.DEFAULT.value
    if arm.arm == Arm.DEFAULT or (arm.arm.startswith("mate:") and not _is_mate(arm, claim)):
        return Arm.POINT.value
    border = float(beyond(claim, claim.axes.points(arm.eta, arm.alpha))[0])
    needs_outside = arm.arm in (Arm.OUTSIDE, Arm.OPPOSITE)
    contradicted = (needs_outside and border < -SAME) or (arm.arm == Arm.INSIDE and border > SAME)
    return Arm.POINT.value if contradicted else arm.arm


def _is_mate(arm: ArmRuns, claim: Claim) -> bool:
    if not claim.axes.ridge:
        return False
    rate = golden.effective_rate(claim.first, claim.second)
    return arm.arm == mate_arm(arm.alpha) and lies_at(claim.axes, arm, rate * (1.0 - arm.alpha), arm.alpha)


def is_golden_mate(axes: Axes, arm: ArmRuns) -> bool:
    """True for a mate by name that lies on the golden point's ridge."""
    named = axes.ridge and arm.arm == mate_arm(arm.alpha)
    return named and lies_at(axes, arm, golden.ridge_mate(arm.alpha), arm.alpha)


def lies_at(axes: Axes, arm: ArmRuns, first: float, second: float) -> bool:
    """True where the arm lies at this point, up to the digits that a table may have rounded."""
    return axes.first.alike(arm.eta, first, SAME) and axes.second.alike(arm.alpha, second, SAME)
