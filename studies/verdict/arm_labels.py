"""The paired arms with all their runs, and labels that a point contradicts."""

from __future__ import annotations

from studies.verdict.findings import Findings
from studies.verdict.roles import by_point, role
from studies.verdict.rows import ArmRuns, paired_arms


def labelled_arms(findings: Findings) -> tuple[ArmRuns, ...]:
    """The arms with all their runs, collapsed ones included, under the labels that the rows give them."""
    return tuple(paired_arms(findings.sample))


def every_arm(findings: Findings) -> tuple[ArmRuns, ...]:
    """The same arms under the labels that their points bear out (`roles`), the claim's first."""
    return tuple(by_point(labelled_arms(findings), findings.evidence.claim))


def misplaced(findings: Findings) -> tuple[ArmRuns, ...]:
    """Arms whose label their point contradicts, as labelled."""
    return tuple(arm for arm in labelled_arms(findings) if role(arm, findings.evidence.claim) != arm.arm)
