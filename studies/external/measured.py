"""Results of planned runs as the rows that a verdict reads, whoever trained them and wherever they were kept."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from studies.errors import Problem, SpecError
from studies.language.design import asked_sampler
from studies.language.external import ExternalContext
from studies.language.measure import Measure
from studies.language.spec import StudySpec, sweep_name
from studies.records import Cause, Replicate, ReportedRun, Runs, TrialPlan
from studies.reported import derived_columns

Results = Mapping[tuple[int, int], ReportedRun]  # by numbers of trial and run


def own_context(spec: StudySpec) -> ExternalContext:
    """The one context of a study that plans its trials one sweep at a time, for trainings of the user's own.

    Raises:
        SpecError: it has several contexts or losses, a built-in context, or a design that asks a sampler.
    """
    problems = []
    for field, count in (("contexts", len(spec.contexts)), ("losses", len(spec.losses))):
        if count != 1:
            problems.append(Problem(field, f"has {count} entries; one is planned at a time, so keep one of them"))
    if any(not isinstance(context, ExternalContext) for context in spec.contexts):
        problems.append(Problem("contexts.0", 'is trained by the built-in trainer; set trainer = "external"'))
    if asked_sampler(spec.design) is not None:
        field = "design.search" if spec.design.kind == "locate" else "design.sampler"
        problems.append(Problem(field, "asks an adaptive sampler between trials; leave it out, or submit the study"))
    context = spec.contexts[0]
    if problems or not isinstance(context, ExternalContext):
        raise SpecError(problems)
    return context


def own_sweep(spec: StudySpec) -> str:
    """Name of the one sweep; errors as of `own_context`."""
    return sweep_name(spec.losses[0], own_context(spec).name)


def own_measure(spec: StudySpec) -> Measure:
    """What is reported of each run; errors as of `own_context`."""
    measure = spec.measure_of(own_context(spec).name)
    assert measure is not None  # every external context has one
    return measure


def given_up(
    failures: Mapping[tuple[int, int], int], attempts: int, others: Container[tuple[int, int]]
) -> frozenset[int]:
    """Trials of which a run failed so often, and is not among the others, which are done or being made.

    Args:
        failures: numbers of failed attempts, by trial and run.
        attempts: that a run has.
        others: runs that are not to be given up.
    """
    return frozenset(key[0] for key, count in failures.items() if count >= attempts and key not in others)


def run_row(
    spec: StudySpec, measure: Measure, seeds: Replicate, point: tuple[float, float], result: ReportedRun, **place: Any
) -> dict[str, Any]:
    """A run as scripts get it: what it was planned to be, and its result (None where it broke without a value).

    Args:
        spec: its study.
        measure: of its context.
        seeds: everything random about it.
        point: values of the two parameters.
        result: as reported.
        place: what else says which run it is, in the order of the row: trial, run, phase, arm, block.
    """
    return {
        **place,
        **asdict(seeds),
        **spec.named(*point),
        measure.name: result.value,
        "diverged": result.diverged,
    }


def runs_of(spec: StudySpec, plans: Sequence[TrialPlan], results: Results) -> Runs:
    """The runs of planned trials that have a result, in order; results of runs that nobody planned are left out.

    Points, phases, arms and blocks are the plan's own.
    """
    rows = [
        (number, run, plan, results[number, run])
        for number, plan in enumerate(plans)
        for run in range(len(plan.replicates))
        if (number, run) in results
    ]
    values = [np.nan if found.value is None else found.value for *_, found in rows]
    broke = np.array([found.diverged for *_, found in rows], dtype=np.bool_)
    return Runs(
        trial=np.array([number for number, *_ in rows], dtype=np.int64),
        run=np.array([run for _, run, *_ in rows], dtype=np.int64),
        phase=np.array([plan.phase.value for *_, plan, _ in rows], dtype=np.str_),
        arm=np.array([str(plan.arm) for *_, plan, _ in rows], dtype=np.str_),
        block=np.array([plan.block for *_, plan, _ in rows], dtype=np.int64),
        eta=np.array([plan.eta for *_, plan, _ in rows], dtype=np.float64),
        alpha=np.array([plan.alpha for *_, plan, _ in rows], dtype=np.float64),
        diverged=broke,
        cause=np.where(broke, Cause.DIVERGED.value, Cause.NONE.value),
        value=np.array(values, dtype=np.float64),
        **derived_columns(values, own_measure(spec)),
    )
