"""From a study to its trials: which points are measured, on which seeds, in which phase.

    locate            map (with a search beside it, where asked for) -> zoom -> confirm (with controls), in rounds
                      (`rounds`) where it is sequential; once, after map or zoom: widen, where the box is too small
    search            search -> confirm (where blocks are asked for)
    cross_validation  cv
    compare           tune -> measure, of each arm in each context (`comparison`)

Plans are pure functions of the study and, from the second phase on, of the runs measured so far. All losses of a
context get the same points, splits, orders and initial weights in map, and the same blocks in confirm, so that losses
are compared on equal terms and share minibatches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from studies.language.claim import Claim
from studies.language.compare import CompareDesign
from studies.language.design import CrossValidationDesign, LocateDesign, SearchDesign
from studies.language.external import AnyContext
from studies.language.phases import Phase
from studies.language.sizes import claim_trials, phase_sizes, study_sizes
from studies.language.space import Space
from studies.language.spec import StudySpec, sweep_name
from studies.plan.arms import block_arms
from studies.plan.blocks import first_block, paired_plans
from studies.plan.comparison import first_of_arm, measuring_step
from studies.plan.points import fixed_points
from studies.plan.replicates import cv_replicate, map_replicate
from studies.plan.rounds import next_round
from studies.records import Arm, Step, TrialPlan
from studies.seeds import derive
from studies.verdict.model import Evidence
from studies.verdict.widening import strip_points, widened
from studies.verdict.zone import zone_points

BLOCK_POINTS = 32  # map and zoom points that share one minibatch order: times three losses, a well-filled stack
ASKED_POINTS = 8  # the same for adaptive samplers, which learn nothing within a block


def zoom_seed(spec: StudySpec, context: AnyContext) -> int:
    """Seed of the zoom's sequence, which later looks go on with."""
    return derive(spec.seed, context.name, "points", "zoom")


def first_plans(spec: StudySpec) -> dict[str, list[TrialPlan]]:
    """Trials of the first phase, by sweep name in order of contexts, then losses."""
    return {
        sweep_name(loss, context.name): _first(spec, context, loss) for context in spec.contexts for loss in spec.losses
    }


def expected_runs(spec: StudySpec) -> int:
    """Runs the whole study takes at most, all phases of all sweeps, unless a box is widened."""
    folds, contexts, decoys = spec.replication.folds, len(spec.contexts), len(spec.claim.decoys)
    sizes = study_sizes(spec.design, folds=folds, losses=spec.losses, contexts=contexts, decoys=decoys)
    return sum(size.runs for size in sizes.values())


def next_step(spec: StudySpec, context: AnyContext, evidence: Evidence) -> Step | None:
    """The next step of a sweep; None where it is finished.

    Args:
        spec: the study.
        context: the sweep's context.
        evidence: everything the sweep has measured, with the phases that are over.
    """
    design = spec.design
    if isinstance(design, CompareDesign):
        return measuring_step(spec, spec.built_in_of(context.name), evidence.runs, evidence.phases_done)
    if isinstance(design, CrossValidationDesign):
        return None
    if Phase.CONFIRM in evidence.phases_done:
        return next_round(spec, context, evidence)
    if isinstance(design, LocateDesign):
        return _locate_step(spec, context, design, evidence)
    return _confirm(spec, context, design, evidence) if design.confirm_blocks > 0 else None


def _locate_step(spec: StudySpec, context: AnyContext, design: LocateDesign, evidence: Evidence) -> Step:
    """From the map to the confirmation; the box is checked before the zoom and before the confirmation."""
    wider = widened(evidence) if design.widen else None
    if wider is not None:
        plans = _strip(spec, context, design, evidence, wider)
        return Step(plans, space=wider, runs_added=len(plans))
    if design.zoom_points > 0 and Phase.ZOOM not in evidence.phases_done:
        return Step(_zoom(spec, context, evidence, count=design.zoom_points))
    return _confirm(spec, context, design, evidence)


def _first(spec: StudySpec, context: AnyContext, loss: str) -> list[TrialPlan]:
    design = spec.design
    if isinstance(design, LocateDesign):
        return [*_map(spec, context, design), *_search_beside(spec, context, design)]
    if isinstance(design, SearchDesign):
        return _search(spec, context, design)
    if isinstance(design, CompareDesign):
        return first_of_arm(spec, spec.built_in_of(context.name))
    return _cross_validation(spec, context, design, loss=loss)


def _map(spec: StudySpec, context: AnyContext, design: LocateDesign) -> list[TrialPlan]:
    seed = derive(spec.seed, "points", "map")
    eta, alpha = fixed_points(spec.space, design.sampler, design.map_points, seed=seed)
    points = [(Arm.POINT, float(e), float(a)) for e, a in zip(eta, alpha, strict=True)]
    return _spread(spec, context, Phase.MAP, _claim_among(spec.claim, design.claim_replicates, points))


def _claim_among(
    claim: Claim, replicates: int, points: list[tuple[Arm, float, float]]
) -> list[tuple[Arm, float, float]]:
    """The claim's replicates spread evenly among the points, so that every full block holds some."""
    step = (len(points) + replicates) / replicates
    places = {int(i * step) for i in range(replicates)}
    rest = iter(points)
    return [
        (Arm.CLAIM, claim.first, claim.second) if place in places else next(rest)
        for place in range(len(points) + len(places))
    ]


def _spread(
    spec: StudySpec, context: AnyContext, phase: Phase, points: Sequence[tuple[Arm, float, float]], *, blocks: int = 0
) -> list[TrialPlan]:
    """One trial of one run per point: one split for all, one order per block, initial weights of its own each.

    Filled one after the other: as many blocks as it takes, or `blocks` of them in turn.
    """
    groups = [i // BLOCK_POINTS % (blocks or len(points)) for i in range(len(points))]
    return [
        TrialPlan(
            phase=phase,
            arm=arm,
            block=first_block(phase) + group,
            replicates=(map_replicate(spec, context, phase, point=i, group=group, repeat=0),),
            eta=eta,
            alpha=alpha,
        )
        for i, (group, (arm, eta, alpha)) in enumerate(zip(groups, points, strict=True))
    ]


def _strip(
    spec: StudySpec, context: AnyContext, design: LocateDesign, evidence: Evidence, wider: Space
) -> list[TrialPlan]:
    """More of the map, where the box was widened: dealt into the map's blocks, on its split and in its orders."""
    seed = derive(spec.seed, context.name, "points", "widen")
    sizes = {"map_points": design.map_points, "zoom_points": design.zoom_points}
    eta, alpha = strip_points(evidence, wider, **sizes, seed=seed)
    points = [(Arm.POINT, float(e), float(a)) for e, a in zip(eta, alpha, strict=True)]
    map_blocks = math.ceil(phase_sizes(design, folds=spec.replication.folds)[Phase.MAP].trials / BLOCK_POINTS)
    return _spread(spec, context, Phase.WIDEN, points, blocks=map_blocks)


def _zoom(spec: StudySpec, context: AnyContext, evidence: Evidence, *, count: int) -> list[TrialPlan]:
    eta, alpha = zone_points(evidence, count, zoom_seed(spec, context))
    points = [(Arm.POINT, float(e), float(a)) for e, a in zip(eta, alpha, strict=True)]
    return _spread(spec, context, Phase.ZOOM, points)


def _search(spec: StudySpec, context: AnyContext, design: SearchDesign) -> list[TrialPlan]:
    """The claim's replicates first, so that the sampler knows them; then points, fixed or still to be asked for.

    The claim takes one trial per `design.replicates` runs: all trials of a block have the same number of runs.
    """
    claims = claim_trials(design)
    points: list[tuple[float, float] | tuple[None, None]] = [(spec.claim.first, spec.claim.second)] * claims
    if design.sampler == "sobol" or design.sampler == "grid" or design.sampler == "random":
        seed = derive(spec.seed, "points", "search")
        eta, alpha = fixed_points(spec.space, design.sampler, design.trials, seed=seed)
        points += [(float(e), float(a)) for e, a in zip(eta, alpha, strict=True)]
        size = BLOCK_POINTS
    else:
        points += [(None, None)] * design.trials
        size = ASKED_POINTS
    arms = [Arm.CLAIM] * claims + [Arm.POINT] * (len(points) - claims)
    return _searched(spec, context, list(zip(arms, points, strict=True)), size=size, replicates=design.replicates)


def _search_beside(spec: StudySpec, context: AnyContext, design: LocateDesign) -> list[TrialPlan]:
    asked = [(Arm.POINT, (None, None))] * (0 if design.search is None else design.search.trials)
    return _searched(spec, context, asked, size=ASKED_POINTS, replicates=1)


def _searched(
    spec: StudySpec,
    context: AnyContext,
    points: Sequence[tuple[Arm, tuple[float, float] | tuple[None, None]]],
    *,
    size: int,
    replicates: int,
) -> list[TrialPlan]:
    """Trials of the search phase, `size` points to a block."""
    return [
        TrialPlan(
            phase=Phase.SEARCH,
            arm=arm,
            block=first_block(Phase.SEARCH) + i // size,
            replicates=tuple(
                map_replicate(spec, context, Phase.SEARCH, point=i, group=i // size, repeat=r)
                for r in range(replicates)
            ),
            eta=eta,
            alpha=alpha,
        )
        for i, (arm, (eta, alpha)) in enumerate(points)
    ]


def _confirm(spec: StudySpec, context: AnyContext, design: LocateDesign | SearchDesign, evidence: Evidence) -> Step:
    """All paired blocks, or those up to the first look; arms that coincide are no longer expected."""
    arms, most = block_arms(spec, design, evidence), design.confirm_blocks
    first = most if evidence.schedule is None else evidence.schedule.blocks[0]
    expected = design.candidates + design.controls
    if isinstance(design, LocateDesign):
        expected += len(spec.claim.decoys)
    return Step(paired_plans(spec, context, arms, range(first)), runs_added=(len(arms) - expected) * most)


def _cross_validation(
    spec: StudySpec, context: AnyContext, design: CrossValidationDesign, *, loss: str
) -> list[TrialPlan]:
    return [
        TrialPlan(
            phase=Phase.CV,
            arm=Arm.CLAIM if point.lies_at(spec.axes, spec.claim.first, spec.claim.second) else Arm.POINT,
            block=first_block(Phase.CV) + repeat,
            replicates=tuple(cv_replicate(spec, context, repeat, fold) for fold in range(spec.replication.folds)),
            eta=point.place(spec.axes)[0],
            alpha=point.place(spec.axes)[1],
        )
        for repeat in range(design.repeats)
        for point in design.points
        if point.loss in (None, loss)
    ]
