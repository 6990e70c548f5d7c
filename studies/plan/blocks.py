"""Blocks: their numbers by phase, and the trials of paired blocks on the arms that are still in."""

from __future__ import annotations

from collections.abc import Sequence

from studies.language.external import AnyContext
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.plan.replicates import confirm_replicate
from studies.records import TrialPlan

ArmPlan = tuple[Phase, str, float, float]  # phase, arm, eta, alpha
# The strip's points join the map's blocks, so that no effect of a block stands between them and the map.
_FIRST_BLOCK = {
    Phase.MAP: 0,
    Phase.WIDEN: 0,
    Phase.ZOOM: 1_000,
    Phase.SEARCH: 2_000,
    Phase.CONFIRM: 10_000,
    Phase.CV: 100_000,
    Phase.TUNE: 200_000,
    Phase.MEASURE: 300_000,
}


def first_block(phase: Phase) -> int:
    """Number of a phase's first block."""
    return _FIRST_BLOCK[phase]


def paired_plans(spec: StudySpec, context: AnyContext, arms: Sequence[ArmPlan], numbers: range) -> list[TrialPlan]:
    """One trial per arm in each block of these numbers, counted from 0.

    A block's number gives its seeds, whatever arms it has and whatever other losses still have it.
    """
    return [
        TrialPlan(
            phase=phase,
            arm=arm,
            block=first_block(Phase.CONFIRM) + number,
            replicates=(confirm_replicate(spec, context, number),),
            eta=eta,
            alpha=alpha,
        )
        for number in numbers
        for phase, arm, eta, alpha in arms
    ]
