"""The plan of a sweep, replayed from its own runs: what each trial number was planned to be.

A plan is a pure function of the study's document and of the runs that each step was planned from, so that nobody can
move a point, rename an arm, or choose which runs count, without the replay noticing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from studies.language.external import AnyContext
from studies.language.parameters import PAPER, Axes, Parameter
from studies.language.spec import StudySpec
from studies.plan.extension import first_plans_of
from studies.plan.later_looks import later_step
from studies.plan.procedure import next_step
from studies.records import Runs, Step, TrialPlan
from studies.verdict.model import Evidence

SAME_POINT = 1e-6  # of the coordinates: rounding between machines, or a point written with fewer digits


@dataclass(frozen=True, slots=True)
class Departure:
    """A run that is not as the plan has it."""

    row: int  # place among the runs
    column: str  # the first one that differs
    text: str  # what the plan has in its place


def replayed_plans(
    spec: StudySpec, context: AnyContext, evidence: Evidence, *, first_trials: int = 0, trials: int = 0
) -> list[TrialPlan]:
    """The trials that a sweep's runs show to have been planned, in the order of their numbers.

    Args:
        spec: the study.
        context: the sweep's context.
        evidence: the sweep's runs, in the claim's objective; trial numbers as planned.
        first_trials: trials of the first phase of a study that was extended by `more`; 0: as the document says.
        trials: that are stated to have been planned, whether they have runs or not.
    """
    plans = list(first_plans_of(spec, evidence.sweep, first_trials))
    state = replace(evidence, space=spec.space, looks=1)
    highest = int(evidence.runs.trial.max(initial=-1))
    while max(highest + 1, trials) > len(plans):
        step = _step(spec, context, _until(state, plans))
        if step is None:
            break
        plans += step.plans
        state = replace(state, space=step.space or state.space, looks=state.looks + int(step.later_look))
    return plans


def departures(plans: Sequence[TrialPlan], runs: Runs, axes: Axes = PAPER) -> Iterator[Departure]:
    """The runs that the plan does not have, or has otherwise; in order, one departure each."""
    for row in range(len(runs)):
        found = _departure(plans, runs, row, axes)
        if found is not None:
            yield Departure(row, *found)


def _step(spec: StudySpec, context: AnyContext, before: Evidence) -> Step | None:
    return next_step(spec, context, before) or later_step(spec, context, before)


def _until(state: Evidence, plans: Sequence[TrialPlan]) -> Evidence:
    """The evidence at the time when these trials had finished, and no others were planned."""
    runs = state.runs.where(np.asarray(state.runs.trial < len(plans), dtype=np.bool_))
    return replace(state, runs=runs, phases_done=tuple(dict.fromkeys(plan.phase.value for plan in plans)))


def _departure(plans: Sequence[TrialPlan], runs: Runs, row: int, axes: Axes) -> tuple[str, str] | None:
    trial, run = int(runs.trial[row]), int(runs.run[row])
    if not 0 <= trial < len(plans):
        return "trial", f"the study planned no trial {trial}"
    plan = plans[trial]
    if not 0 <= run < len(plan.replicates):
        return "run", f"trial {trial} was planned with {len(plan.replicates)} runs"
    for column, due in (("phase", plan.phase.value), ("arm", plan.arm), ("block", plan.block)):
        stated = getattr(runs, column)[row].item()
        if stated != due:
            return column, f"trial {trial} was planned as {column} {due}, not {stated}"
    if plan.eta is None or plan.alpha is None:  # asked of a sampler, which nothing replays
        return None
    eta, alpha = float(runs.eta[row]), float(runs.alpha[row])
    if _apart(axes.first, eta, plan.eta) or _apart(axes.second, alpha, plan.alpha):
        return "eta", f"trial {trial} was planned at ({plan.eta:.6g}, {plan.alpha:.6g}), not ({eta:.6g}, {alpha:.6g})"
    return None


def _apart(parameter: Parameter, measured: float, planned: float) -> bool:
    """True for two values of a parameter that rounding does not explain; nan is no value."""
    if not parameter.admits(measured):
        return True
    return not abs(float(parameter.coordinate(measured)) - float(parameter.coordinate(planned))) <= SAME_POINT
