"""Rounds of a sequential confirmation: after each look, the next blocks on the arms that are not settled, or none.

A round is a pure function of the document and of the sweep's own runs, so that whoever moves the study on plans the
same one and `replay` finds it again. Blocks keep their numbers and seeds whatever arms they have and whatever the other
losses of the context do: losses share the blocks that both have. A sweep with several siblings under Holm's adjustment
is held to the family's strictest level, so that its end does not depend on theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from studies.language.context import Context
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.spec import StudySpec
from studies.plan.blocks import ArmPlan, first_block, paired_plans
from studies.records import Arm, Step
from studies.verdict.interim import Look, look
from studies.verdict.model import Evidence
from studies.verdict.sequential import Looks


def next_round(spec: StudySpec, context: Context, evidence: Evidence) -> Step | None:
    """The blocks up to the next look; None where the confirmation has ended.

    Args:
        spec: the study.
        context: the sweep's context.
        evidence: everything the sweep has measured, its present blocks complete.
    """
    schedule = evidence.schedule
    if schedule is None or evidence.looks > 1:
        return None
    done = planned_blocks(evidence, schedule)
    if done >= schedule.blocks[-1]:
        return None
    found = look(evidence, family=family_of(spec, evidence.loss))
    if found.ends:
        return None
    arms, left = standing_arms(spec, evidence), {(arm.eta, arm.alpha) for arm in found.leaving}
    staying = [arm for arm in arms if arm[2:] not in left]
    end = next(at for at in schedule.blocks if at > done)
    plans = paired_plans(spec, context, staying, range(done, end))
    return Step(plans, runs_added=-(len(arms) - len(staying)) * (schedule.blocks[-1] - done))


def looks_taken(spec: StudySpec, evidence: Evidence) -> Iterator[Look]:
    """The looks that a sweep's runs show, in order; the last one is at all blocks that are there.

    Args:
        spec: the study.
        evidence: of a sequential confirmation that waits for no block; of a later look, what the first one read.
    """
    schedule = evidence.schedule
    if schedule is None or Phase.CONFIRM not in evidence.phases_done:
        return
    family, runs = family_of(spec, evidence.loss), evidence.runs
    paired, numbers = np.isin(runs.phase, PAIRED_PHASES), runs.block - first_block(Phase.CONFIRM)
    done = planned_blocks(evidence, schedule)
    before = runs.trial < runs.trial[paired].min(initial=np.iinfo(np.int64).max)  # no later look's zoom
    for at in schedule.blocks:
        if at > done:
            return
        kept = runs.where(np.asarray(np.where(paired, numbers < at, before), dtype=np.bool_))
        yield look(replace(evidence, runs=kept, looks=1), family=family)


def planned_blocks(evidence: Evidence, schedule: Looks) -> int:
    """Blocks planned so far within the schedule, by the runs: 0 or those of a look."""
    numbers = evidence.runs.block[np.isin(evidence.runs.phase, PAIRED_PHASES)] - first_block(Phase.CONFIRM)
    reached = int(numbers.max(initial=-1)) + 1
    return 0 if reached == 0 else schedule.blocks[schedule.place(reached)]


def standing_arms(spec: StudySpec, evidence: Evidence) -> list[ArmPlan]:
    """The claim, and the arms that the last round measured, in the order of their first trials."""
    runs = evidence.runs.where(np.asarray(np.isin(evidence.runs.phase, PAIRED_PHASES), dtype=np.bool_))
    numbers = runs.block - first_block(Phase.CONFIRM)
    start = _round_start(evidence, int(numbers.max(initial=-1)) + 1)
    columns = (column.tolist() for column in (runs.phase, runs.arm, runs.eta, runs.alpha))
    all_arms = list(zip(*columns, strict=True))
    last = {arm for arm, number in zip(all_arms, numbers.tolist(), strict=True) if number >= start}
    claim = (Phase.CONFIRM, Arm.CLAIM.value, spec.claim.eta, spec.claim.alpha)
    found = [(Phase(phase), arm, eta, alpha) for phase, arm, eta, alpha in dict.fromkeys(all_arms) if arm != Arm.CLAIM]
    return [claim, *(arm for arm in found if (arm[0].value, *arm[1:]) in last)]


def family_of(spec: StudySpec, loss: str) -> int:
    """Sweeps of a context among which the level is shared: 1 for the primary loss, else all that are not primary."""
    primary = spec.claim.primary_loss
    return 1 if loss == primary else sum(other != primary for other in spec.losses)


def _round_start(evidence: Evidence, reached: int) -> int:
    """Number of the first block of the last round."""
    schedule = evidence.schedule
    if schedule is None:
        return 0
    if reached > schedule.blocks[-1]:
        return schedule.blocks[-1]
    return max((at for at in schedule.blocks if at < reached), default=0)
