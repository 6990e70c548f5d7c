"""The trials of a study that compares arms: each arm's tuning, then paired runs of it as published and as tuned.

    tune     points of the arm's space, on seeds of their own; an adaptive sampler is asked for each as it is claimed
    measure  in each of `runs` blocks the arm as published and as tuned; all arms and losses of a context share seeds

A sweep is one loss in one context of one arm.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from studies.language.compare import TUNED, CompareArm, CompareDesign
from studies.language.compare_axes import published_point
from studies.language.context import Context
from studies.language.design import asked_sampler
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.plan.blocks import first_block
from studies.plan.points import fixed_points
from studies.plan.replicates import measure_replicate, tune_replicate
from studies.records import Arm, Runs, Step, TrialPlan
from studies.seeds import derive

TUNED_TOGETHER = 32  # tuning points of a fixed design that share one minibatch order, so that they train as one stack
ASKED_TOGETHER = 8  # the same for adaptive samplers, which learn nothing within a block
Point = tuple[float, float]


def first_of_arm(spec: StudySpec, context: Context) -> list[TrialPlan]:
    """The first trials of a sweep: the arm's tuning, or its measuring where nothing is tuned."""
    design, arm = _of(spec, context)
    if not arm.tuned(design.tuning):
        return _measured(spec, context, design, arm, best=None)
    size = TUNED_TOGETHER if asked_sampler(design) is None else ASKED_TOGETHER
    return [
        TrialPlan(
            phase=Phase.TUNE,
            arm=Arm.POINT,
            block=first_block(Phase.TUNE) + i // size,
            replicates=(
                tune_replicate(spec, context, point=i, group=i // size, held_out=arm.selection == "validation"),
            ),
            eta=point[0],
            alpha=point[1],
        )
        for i, point in enumerate(_points(spec, context, design))
    ]


def measuring_step(spec: StudySpec, context: Context, runs: Runs, phases_done: Collection[str]) -> Step | None:
    """The measuring of a sweep whose tuning is over; None where nothing is left to plan.

    Where every tuning training failed, the arm is measured as published alone, if it has a published point.
    """
    if Phase.MEASURE in phases_done:
        return None
    design, arm = _of(spec, context)
    best = best_point(design, runs)
    plans = _measured(spec, context, design, arm, best=best)
    missing = len(arm.ways(design.tuning)) * design.runs - len(plans)
    return Step(plans, runs_added=-missing) if plans else None


def best_point(design: CompareDesign, runs: Runs) -> Point | None:
    """The point whose tuning training was best by what its design tunes by; None where there is none.

    A run that broke is behind all that did not, and one that never reached the target, where the objective is about
    reaching it, behind those that did; among these the more accurate is better, and of equals the earlier.
    """
    tuning = runs.where(np.asarray(runs.phase == Phase.TUNE, dtype=np.bool_))
    if not len(tuning):
        return None
    late = np.zeros(len(tuning), dtype=np.bool_)
    if design.tuned_by in ("epochs_to_target", "cpu_seconds"):
        late = np.isnan(tuning.epochs_to_target)
    cost = np.where(late, 0.0, _cost(design, tuning))
    place = int(np.lexsort((tuning.trial, -tuning.accuracy, cost, late, tuning.diverged))[0])
    return float(tuning.eta[place]), float(tuning.alpha[place])


def _cost(design: CompareDesign, runs: Runs) -> NDArray[np.float64]:
    """What tuning minimises, by run; seconds fall back on epochs where they are not known."""
    column = getattr(runs, design.tuned_by)
    if design.tuned_by == "cpu_seconds" and np.isnan(column).all():
        column = runs.epochs_to_target
    return np.asarray(-column if design.maximises else column, dtype=np.float64)


def _of(spec: StudySpec, context: Context) -> tuple[CompareDesign, CompareArm]:
    design = spec.compared
    if design is None or context.arm is None:
        raise ValueError(f"study {spec.name} compares no arms")
    return design, design.arm(context.arm.name)


def _points(spec: StudySpec, context: Context, design: CompareDesign) -> list[Point] | list[tuple[None, None]]:
    """The points of an arm's tuning, the same in every loss; without values where its sampler is asked later."""
    if design.sampler != "sobol" and design.sampler != "random":
        return [(None, None)] * design.tuning
    seed = derive(spec.seed, context.name, "points", "tune")
    eta, alpha = fixed_points(spec.space_in(context.name), design.sampler, design.tuning, seed=seed)
    return [(float(e), float(a)) for e, a in zip(eta, alpha, strict=True)]


def _measured(
    spec: StudySpec, context: Context, design: CompareDesign, arm: CompareArm, *, best: Point | None
) -> list[TrialPlan]:
    """One trial of each way in which the arm is measured, in each block."""
    usual = published_point(arm, context.rule)
    ways = arm.ways(design.tuning) if best is not None else [way for way in arm.ways(design.tuning) if way != TUNED]
    return [
        TrialPlan(
            phase=Phase.MEASURE,
            arm=way,
            block=first_block(Phase.MEASURE) + run,
            replicates=(measure_replicate(spec, context, run),),
            eta=point[0],
            alpha=point[1],
        )
        for run in range(design.runs)
        for way, point in ((way, best if way == TUNED and best is not None else usual) for way in ways)
    ]
