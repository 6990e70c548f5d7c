"""Rounds of a sequential confirmation: after each look, the next blocks on the arms that are not settled, or none.

An arm that was settled rests. Where a later look, with another estimate of the margin, finds it open again, it returns
for the blocks that follow; those that it missed are not made up for.

A round is a pure function of the document and of the sweep's own runs, so that whoever moves the study on plans the
same one and `replay` finds it again. Blocks keep their numbers and seeds whatever arms they have and whatever the other
losses of the context do: losses share the blocks that both have. A sweep with several siblings under Holm's adjustment
is held to the family's strictest level, so that its end does not depend on theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from studies.language.design import LocateDesign
from studies.language.external import AnyContext
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.sizes import data_factor
from studies.language.spec import StudySpec
from studies.plan.blocks import ArmPlan, first_block, paired_plans
from studies.records import Arm, Runs, Step
from studies.verdict.interim import Look, look
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import Evidence
from studies.verdict.sequential import Looks


def next_round(spec: StudySpec, context: AnyContext, evidence: Evidence) -> Step | None:
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
    resting = {(arm.eta, arm.alpha) for arm in found.resting}
    before = standing_arms(spec, evidence)
    after = [arm for arm in standing_arms(spec, evidence, ever=True) if arm[2:] not in resting]
    end = next(at for at in schedule.blocks if at > done)
    plans = paired_plans(spec, context, after, range(done, end))
    return Step(plans, runs_added=(len(after) - len(before)) * (schedule.blocks[-1] - done))


def looks_taken(spec: StudySpec, evidence: Evidence) -> Iterator[Look]:
    """The looks that a sweep's runs show, in order; a round that is not complete has not been looked at.

    Args:
        spec: the study.
        evidence: of the sweep; of a later look, only what the first one read is looked at.
    """
    schedule = evidence.schedule
    if schedule is None:
        return
    complete = all(phase in evidence.phases_done for phase in set(evidence.runs.phase.tolist()))
    runs, paired = evidence.runs, np.isin(evidence.runs.phase, PAIRED_PHASES)
    done = planned_blocks(evidence, schedule)
    numbers = np.zeros(len(runs), dtype=np.int64)
    numbers[paired] = _numbers(_paired(evidence))
    before = runs.trial < runs.trial[paired].min(initial=np.iinfo(np.int64).max)  # no later look's zoom
    for at in schedule.blocks:
        if at > done or (at == done and not complete):
            return
        kept = runs.where(np.asarray(np.where(paired, numbers < at, before), dtype=np.bool_))
        yield look(replace(evidence, runs=kept, looks=1), family=family_of(spec, evidence.loss))


def planned_blocks(evidence: Evidence, schedule: Looks) -> int:
    """Blocks planned so far within the schedule, by the runs: 0 or those of a look."""
    reached = int(_numbers(_paired(evidence)).max(initial=-1)) + 1
    return 0 if reached == 0 else schedule.blocks[schedule.place(reached)]


def planned_runs(design: LocateDesign, evidence: Evidence) -> Counter[Phase]:
    """Runs of the paired phases that the rounds which the runs show were planned to give.

    A round has the same arms in all of its blocks, so that a run that is missing is found by its arm's other runs. A
    round of which an arm, or everything, is missing is found by replaying the plan alone.
    """
    most = design.confirm_blocks
    within = (most,) if evidence.schedule is None else evidence.schedule.blocks
    ends = (0, *within, *(data_factor(look) * most for look in range(2, MOST_LOOKS + 1)))
    runs = _paired(evidence)
    numbers, found = _numbers(runs), Counter[Phase]()
    for start, end in pairwise(ends):
        seen = (numbers >= start) & (numbers < end)
        arms = set(zip(*(column[seen].tolist() for column in (runs.phase, runs.eta, runs.alpha)), strict=True))
        for phase, _, _ in arms:
            found[Phase(phase)] += end - start
    return found


def standing_arms(spec: StudySpec, evidence: Evidence, *, ever: bool = False) -> list[ArmPlan]:
    """The claim, and the arms that the last round (with `ever`: any round) measured, in the order of their trials."""
    runs = _paired(evidence)
    numbers = _numbers(runs)
    start = 0 if ever else _round_start(evidence, int(numbers.max(initial=-1)) + 1)
    columns = (column.tolist() for column in (runs.phase, runs.arm, runs.eta, runs.alpha))
    measured = list(zip(*columns, strict=True))
    last = {arm for arm, number in zip(measured, numbers.tolist(), strict=True) if number >= start}
    claim = (Phase.CONFIRM, Arm.CLAIM.value, spec.claim.first, spec.claim.second)
    others = [arm for arm in dict.fromkeys(measured) if arm in last and arm[1] != Arm.CLAIM]
    return [claim, *((Phase(phase), arm, eta, alpha) for phase, arm, eta, alpha in others)]


def family_of(spec: StudySpec, loss: str) -> int:
    """Sweeps of a context among which the level is shared: 1 for the primary loss, else all that are not primary."""
    primary = spec.claim.primary_loss
    return 1 if loss == primary else sum(other != primary for other in spec.losses)


def _paired(evidence: Evidence) -> Runs:
    return evidence.runs.where(np.asarray(np.isin(evidence.runs.phase, PAIRED_PHASES), dtype=np.bool_))


def _numbers(runs: Runs) -> NDArray[np.int64]:
    """Numbers of the runs' blocks, from 0: as planned, or their ranks where they are no planned blocks."""
    numbers = runs.block - first_block(Phase.CONFIRM)
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < first_block(Phase.CV):
        numbers = np.unique(runs.block, return_inverse=True)[1].ravel()
    return np.asarray(numbers, dtype=np.int64)


def _round_start(evidence: Evidence, reached: int) -> int:
    """Number of the first block of the last round."""
    schedule = evidence.schedule
    if schedule is None:
        return 0
    if reached > schedule.blocks[-1]:
        return schedule.blocks[-1]
    return max((at for at in schedule.blocks if at < reached), default=0)
