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

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from studies import golden
from studies.coordinates import to_vu
from studies.language.claim import FOLKLORE, Claim
from studies.language.design import mate_arm
from studies.records import Arm
from studies.verdict.neighbourhood import centre
from studies.verdict.rows import ArmRuns

SAME = 1e-6  # relative difference of two numbers that a table may have rounded


def by_point(arms: Sequence[ArmRuns], claim: Claim) -> list[ArmRuns]:
    """The arms, each under the label that its point bears out; the claim's first, as they came."""
    return [replace(arm, arm=role(arm, claim)) for arm in arms]


def role(arm: ArmRuns, claim: Claim) -> str:
    """The label of an arm as its point bears it out; `point` where it does not."""
    if arm.arm == Arm.CLAIM or arm.arm.startswith("decoy:"):
        return arm.arm
    if lies_at(arm, *FOLKLORE):
        return Arm.DEFAULT.value
    if arm.arm == Arm.DEFAULT or (arm.arm.startswith("mate:") and not _is_mate(arm, claim)):
        return Arm.POINT.value
    beyond = _beyond(arm, claim)
    needs_outside = arm.arm in (Arm.OUTSIDE, Arm.OPPOSITE)
    contradicted = (needs_outside and beyond < -SAME) or (arm.arm == Arm.INSIDE and beyond > SAME)
    return Arm.POINT.value if contradicted else arm.arm


def _is_mate(arm: ArmRuns, claim: Claim) -> bool:
    rate = golden.effective_rate(claim.eta, claim.alpha)
    return arm.arm == mate_arm(arm.alpha) and lies_at(arm, rate * (1.0 - arm.alpha), arm.alpha)


def is_golden_mate(arm: ArmRuns) -> bool:
    """True for a mate by name that lies on the golden point's ridge."""
    return arm.arm == mate_arm(arm.alpha) and lies_at(arm, golden.ridge_mate(arm.alpha), arm.alpha)


def lies_at(arm: ArmRuns, eta: float, alpha: float) -> bool:
    """True where the arm lies at this point, up to the digits that a table may have rounded."""
    return math.isclose(arm.eta, eta, rel_tol=SAME) and math.isclose(1.0 - arm.alpha, 1.0 - alpha, rel_tol=SAME)


def _beyond(arm: ArmRuns, claim: Claim) -> float:
    """Distance from the neighbourhood's border, ln units, sup norm; negative inside."""
    v, u = to_vu(arm.eta, arm.alpha)
    offsets = np.abs(np.array([float(v), float(u)]) - centre(claim))
    return float(offsets.max()) - math.log(claim.tolerance_factor)
