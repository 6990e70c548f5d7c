"""Trials that are still to be run, as a table for whoever runs them, and the same table filled in.

One row a run: what to train it with, and a last column for the measure, which is empty where the run is still to be
made. The same document and the same results give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

from studies.errors import Problem, SpecError
from studies.external.filled import FilledRow, Match, matched
from studies.external.measured import Results, own_measure, runs_of
from studies.external.wanted import Wanted, wanted
from studies.language.spec import StudySpec
from studies.records import Replicate, TrialPlan
from studies.verdict.looks import MOST_LOOKS

PLACE = ("trial", "run", "phase", "arm", "block", "split", "fold", "order_seed", "init_seed")


def todo_columns(spec: StudySpec) -> tuple[str, ...]:
    """The columns of the table: those of `PLACE`, the parameters, the measure.

    Raises:
        SpecError: the study is not one sweep of the user's own, or its measure has the name of another column.
    """
    measure, others = own_measure(spec).name, (*PLACE, *spec.axes.names)
    if measure.lower() in {name.lower() for name in others}:
        raise SpecError([Problem("measure.name", f"is {measure!r}, as another column of the table; call it otherwise")])
    return (*others, measure)


def todo_csv(spec: StudySpec, found: Wanted, results: Results) -> str:
    """The runs that are still to be made, as CSV; the header alone where there are none."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(todo_columns(spec))
    for number in () if found.finished else found.missing:
        plan = found.plans[number]
        for run, replicate in enumerate(plan.replicates):
            if (number, run) not in results:
                writer.writerow([number, run, *_cells(spec, plan, replicate), ""])
    return text.getvalue()


def planned_with(
    spec: StudySpec, rows: Sequence[FilledRow], *, looks: int = MOST_LOOKS
) -> tuple[Wanted, Match, Results]:
    """The plan of a sweep by the rows of its filled tables, what of them is as planned, and their results.

    Args:
        spec: the study.
        rows: in any order.
        looks: the most analyses of complete data.

    Raises:
        SpecError: a run has two results, or one that is none of the measure; the place is named.
    """
    found = wanted(spec, runs_of(spec, (), {}), looks=looks)
    while True:
        match = matched(spec, found.plans, rows)
        results, runs = match.results, runs_of(spec, found.plans, match.results)
        after = wanted(spec, runs, given_up=match.given_up(spec.limits.max_attempts), looks=looks, before=found)
        if after.finished or len(after.plans) == len(found.plans):
            return after, match, results
        found = after


def progress_lines(found: Wanted, results: Results) -> list[str]:
    """How far a sweep is, a sentence for each phase."""
    planned, there = Counter[str](), Counter[str]()
    for number, plan in enumerate(found.plans):
        planned[plan.phase.value] += len(plan.replicates)
        there[plan.phase.value] += sum((number, run) in results for run in range(len(plan.replicates)))
    return [f"{phase}: {there[phase]:,} of {planned[phase]:,} runs have a result" for phase in planned]


def _cells(spec: StudySpec, plan: TrialPlan, replicate: Replicate) -> list[str | int]:
    assert plan.eta is not None and plan.alpha is not None  # no sampler is asked
    seeds = (replicate.split, replicate.fold, replicate.order_seed, replicate.init_seed)
    return [plan.phase.value, str(plan.arm), plan.block, *seeds, repr(float(plan.eta)), repr(float(plan.alpha))]
