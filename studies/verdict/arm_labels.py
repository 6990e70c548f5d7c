"""The paired arms with all their runs, and labels that a point contradicts."""

from __future__ import annotations

from studies.records import Arm
from studies.verdict.findings import REMEMBERED, Findings
from studies.verdict.lately import lately_of
from studies.verdict.roles import by_point, is_golden_mate, role
from studies.verdict.rows import ArmRuns, paired_arms


@lately_of(REMEMBERED)
def labelled_arms(findings: Findings) -> tuple[ArmRuns, ...]:
    """The arms with all their runs, collapsed ones included, under the labels that the rows give them."""
    return tuple(paired_arms(findings.sample))


def every_arm(findings: Findings) -> tuple[ArmRuns, ...]:
    """The same arms under the labels that their points bear out (`roles`), the claim's first."""
    return tuple(by_point(labelled_arms(findings), findings.evidence.claim))


def misplaced(findings: Findings) -> tuple[ArmRuns, ...]:
    """Mates and defaults whose points are not what their labels say, as labelled.

    Mates of the golden point's ridge, which documents of versions 1 and 2 have for every claim, contradict nothing:
    under analysis 5 they are points like any other. Nor do arms on the wrong side of N's border: a plan has no other
    where the box holds none.
    """
    claim = findings.evidence.claim
    named = [arm for arm in labelled_arms(findings) if arm.arm == Arm.DEFAULT or arm.arm.startswith("mate:")]
    return tuple(arm for arm in named if role(arm, claim) != arm.arm and not is_golden_mate(claim.axes, arm))
