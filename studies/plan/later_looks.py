"""Later looks: the further rounds of a complete study that did not decide, within the runs it was granted.

A round doubles a sweep's zoom points and paired blocks (`verdict.looks` says why): the zoom's sequence goes on in the
same zone, the blocks' numbers go on with fresh seeds, and the arms are those of the first confirmation. Its size
follows from the frozen design alone, so it cannot be chosen after a look at the results. The map is not repeated.
A sequential confirmation that ended early is made up to twice its most blocks, on the arms that had not left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from studies.errors import Problem, SpecError, StateError
from studies.language.design import LocateDesign
from studies.language.external import AnyContext
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.sizes import data_factor, is_open_ended, phase_sizes
from studies.language.spec import StudySpec
from studies.plan.blocks import ArmPlan, first_block, paired_plans
from studies.plan.procedure import BLOCK_POINTS, zoom_seed
from studies.plan.replicates import map_replicate
from studies.plan.rounds import planned_blocks, standing_arms
from studies.records import Arm, Step, TrialPlan
from studies.storage.extending import require_complete
from studies.storage.read_models import StudyDetail
from studies.verdict.forecast import worth_another_look
from studies.verdict.looks import MOST_LOOKS, looks_left
from studies.verdict.model import Evidence, StudyVerdict, SweepVerdict
from studies.verdict.sequential import planned_looks
from studies.verdict.zone import zone_points


def check_grant(detail: StudyDetail, verdict: StudyVerdict, runs: int) -> None:
    """Refuse a grant of `runs` further runs to a study that cannot use them to decide.

    Raises:
        StateError: its design, its claim, its state or its verdict leaves nothing to extend; the message says which.
        SpecError: the runs are too few for one more look.
    """
    spec, design = detail.spec, detail.spec.design
    if not isinstance(design, LocateDesign):
        raise StateError(f"a {design.kind} study decides nothing about a location; extend it with `more` instead")
    if spec.claim.first_look >= 1.0:
        raise StateError("the claim's `first_look` is 1: no error rate is left for later looks; submit another study")
    require_complete(detail.summary.name, detail.summary.state)
    open_sweeps = undecided(spec, verdict)
    if not open_sweeps:
        raise StateError(_why_none(verdict))
    smallest = min(runs_after(design, sweep) for sweep in open_sweeps)
    if runs < smallest:
        raise SpecError(
            [Problem("max_runs", f"one more look takes {smallest:,} runs; allow at least that number, got {runs:,}")]
        )


def undecided(spec: StudySpec, verdict: StudyVerdict) -> list[SweepVerdict]:
    """Sweeps that a further look may decide, the primary loss' first."""
    found = [
        sweep
        for sweep in verdict.sweeps
        if sweep.reasons and looks_left(spec.claim, sweep.looks) and worth_another_look(sweep)
    ]
    return sorted(found, key=lambda sweep: sweep.loss != spec.claim.primary_loss)


def next_looks(
    spec: StudySpec, measured: Mapping[str, Evidence], verdict: StudyVerdict, granted: int
) -> dict[str, Step]:
    """The rounds that follow a look, by sweep; rounds for which too few runs are granted are left out.

    Args:
        spec: the study.
        measured: evidence of every sweep, complete, by sweep name.
        verdict: on that evidence.
        granted: runs that may still be planned.
    """
    steps: dict[str, Step] = {}
    for sweep in undecided(spec, verdict):
        step = later_step(spec, spec.context_of(sweep.context), measured[sweep.sweep])
        if step is not None and step.runs_added <= granted:
            steps[sweep.sweep] = step
            granted -= step.runs_added
    return steps


def later_step(spec: StudySpec, context: AnyContext, evidence: Evidence) -> Step | None:
    """A sweep's next round; None where its design has none or its looks are used up."""
    design = spec.design
    if not isinstance(design, LocateDesign) or not looks_left(spec.claim, evidence.looks):
        return None
    done, end = data_factor(evidence.looks), data_factor(evidence.looks + 1)
    zoom = _zoom(spec, context, evidence, range(done * design.zoom_points, end * design.zoom_points))
    numbers = range(_blocks_done(evidence, done * design.confirm_blocks), end * design.confirm_blocks)
    blocks = paired_plans(spec, context, _arms(spec, evidence), numbers)
    plans = [*zoom, *blocks]
    return Step(plans, later_look=True, runs_added=len(plans))


def round_runs(design: LocateDesign, looks: int) -> int:
    """Runs of one sweep's next round after a number of looks, by a design whose sizes are fixed."""
    # A locate design's runs do not depend on the folds.
    before, after = (phase_sizes(design, folds=1, looks=look) for look in (looks, looks + 1))
    return sum(size.runs - before[phase].runs for phase, size in after.items())


def runs_after(design: LocateDesign, sweep: SweepVerdict) -> int:
    """Runs of one sweep's next round after its verdict.

    Where the confirmation may have ended early, its blocks are made up for, on the arms that are still in.
    """
    if not is_open_ended(design):
        return round_runs(design, sweep.looks)
    done, end = data_factor(sweep.looks), data_factor(sweep.looks + 1)
    schedule, pairs = planned_looks(design), [comparison.pairs for comparison in sweep.comparisons]
    most = max(pairs, default=0)
    last, start = done * design.confirm_blocks, 0
    if schedule is not None and sweep.looks == 1:
        last = schedule.blocks[schedule.place(most)]
        start = max((at for at in schedule.blocks if at < most), default=0)
    elif schedule is not None:
        start = last // 2
    arms = 1 + sum(count > start for count in pairs)
    return (end - done) * design.zoom_points + arms * (end * design.confirm_blocks - last)


def runs_to_decide(spec: StudySpec, verdict: StudyVerdict) -> dict[str, int]:
    """Runs to grant, by sweep that a further look may decide: up to the forecast's look, or else for one look."""
    design = spec.design
    if not isinstance(design, LocateDesign):
        return {}
    return {sweep.sweep: _times(sweep) * runs_after(design, sweep) for sweep in undecided(spec, verdict)}


def _times(sweep: SweepVerdict) -> int:
    """In rounds of the next one's size: a look at `factor` times the data takes `factor` - 1."""
    found = sweep.needed
    return int(found.factor) - 1 if found is not None and found.by_extension and found.factor is not None else 1


def _zoom(spec: StudySpec, context: AnyContext, evidence: Evidence, numbers: range) -> Iterator[TrialPlan]:
    """The zoom's points of these numbers, in blocks that go on where the last one ended."""
    if not numbers:
        return
    eta, alpha = zone_points(evidence, numbers.stop, zoom_seed(spec, context))
    for i in numbers:
        group = i // BLOCK_POINTS
        yield TrialPlan(
            phase=Phase.ZOOM,
            arm=Arm.POINT,
            block=first_block(Phase.ZOOM) + group,
            replicates=(map_replicate(spec, context, Phase.ZOOM, point=i, group=group, repeat=0),),
            eta=float(eta[i]),
            alpha=float(alpha[i]),
        )


def _blocks_done(evidence: Evidence, fixed: int) -> int:
    """Paired blocks planned so far, of a look whose design has `fixed` of them unless it ends early."""
    if evidence.schedule is None or evidence.looks > 1:
        return fixed
    return planned_blocks(evidence, evidence.schedule)


def _arms(spec: StudySpec, evidence: Evidence) -> list[ArmPlan]:
    """The arms that were confirmed and controlled, in the order of their first trials; those that left stay away."""
    if evidence.schedule is not None:
        return standing_arms(spec, evidence)
    paired = evidence.runs.where(np.isin(evidence.runs.phase, PAIRED_PHASES))
    columns = (column.tolist() for column in (paired.phase, paired.arm, paired.eta, paired.alpha))
    return [(Phase(phase), arm, eta, alpha) for phase, arm, eta, alpha in dict.fromkeys(zip(*columns, strict=True))]


def _why_none(verdict: StudyVerdict) -> str:
    """Reason that no sweep of a study can be decided by more runs."""
    pending = [sweep for sweep in verdict.sweeps if sweep.outcome == "inconclusive"]
    if not pending:
        return "every sweep is decided; there is nothing to extend"
    if any(sweep.looks >= MOST_LOOKS for sweep in pending):
        return f"all {MOST_LOOKS} looks that share the claim's level are used; submit another study with another seed"
    sweep = pending[0]
    text = sweep.needed.sentence if sweep.needed is not None else sweep.reasons[0].text
    return f"more of the same would not decide {sweep.sweep}: {text}"
