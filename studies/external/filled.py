"""Filled tables of trials: rows with results, held against the plan that they are results of.

A row counts where trial, run, point and whatever else it states are as planned. A row without a result is a run that is
still to be made. Rows that are no trial of the plan are named, and change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from studies.errors import Problem, SpecError, cut
from studies.external.measured import Results, given_up
from studies.external.outcome import RunEnd
from studies.language.spec import StudySpec
from studies.plan.replay import departures
from studies.records import ReportedRun, Runs, TrialPlan

SEEDS = ("split", "fold", "order_seed", "init_seed")


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row of a filled table.

    Attributes:
        place: in its source, such as "line 7".
        trial, run: as stated; None: no number.
        point: values of the two parameters; nan where a cell holds none.
        stated: other cells that say what the run is: phase, arm, block and seeds.
        end: the run's result; None where it is still to be made.
        fault: why what stands in its place is none.
    """

    place: str
    trial: int | None
    run: int
    point: tuple[float, float]
    stated: Mapping[str, Any] = field(default_factory=dict)
    end: RunEnd | None = None
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Rows held against a plan.

    Attributes:
        results: by trial and run.
        strays: rows that are no trial of the plan, each with its place and the reason.
        failures: numbers of failed attempts, by trial and run.
        copies: rows that repeat a result.
    """

    results: Results
    strays: tuple[Problem, ...] = ()
    failures: Mapping[tuple[int, int], int] = field(default_factory=dict)
    copies: int = 0

    def given_up(self, attempts: int) -> frozenset[int]:
        """Trials of which a run failed so often, and has no result."""
        return given_up(self.failures, attempts, self.results)


def matched(spec: StudySpec, plans: Sequence[TrialPlan], rows: Sequence[FilledRow]) -> Match:
    """The rows of a plan, and the others.

    Raises:
        SpecError: a run has two results, or one that is none of the measure.
    """
    reasons = dict(_strays(spec, plans, rows))
    results: dict[tuple[int, int], ReportedRun] = {}
    places: dict[tuple[int, int], str] = {}
    failures: Counter[tuple[int, int]] = Counter()
    problems = [row.fault for i, row in enumerate(rows) if row.fault is not None and i not in reasons]
    copies = 0
    for i, row in enumerate(rows):
        if i in reasons or row.trial is None or row.end is None:
            continue
        key = row.trial, row.run
        if row.end.failed is not None:
            failures[key] += 1
            continue
        result = ReportedRun(row.end.value, row.end.diverged)
        if results.setdefault(key, result) != result:
            text = f"trial {key[0]}, run {key[1]} has another result than on {places[key]}; remove one of the two"
            problems.append(Problem(row.place, text))
        copies += key in places
        places.setdefault(key, row.place)
    if problems:
        raise SpecError(problems)
    strays = tuple(Problem(rows[i].place, text) for i, text in sorted(reasons.items()))
    return Match(results, strays, failures, copies)


def _strays(spec: StudySpec, plans: Sequence[TrialPlan], rows: Sequence[FilledRow]) -> Iterator[tuple[int, str]]:
    """Rows that are no trial of the plan, and why."""
    numbered = [i for i, row in enumerate(rows) if row.trial is not None]
    stated = _as_stated(plans, [rows[i] for i in numbered])
    departed = {numbered[at.row]: at.text for at in departures(plans, stated, spec.axes)}
    for i, row in enumerate(rows):
        if row.trial is None:
            yield i, "has no number of a trial"
        elif text := departed.get(i) or _other_number(plans[row.trial], row):
            yield i, text


def _other_number(plan: TrialPlan, row: FilledRow) -> str | None:
    """A block or a seed that is not as planned."""
    replicate = plan.replicates[row.run]
    for name, due in (("block", plan.block), *((name, getattr(replicate, name)) for name in SEEDS)):
        stated = row.stated.get(name, due)
        if stated != due:
            return f"trial {row.trial}, run {row.run} was planned with {name} {due}, not {cut(str(stated), 40)}"
    return None


def _as_stated(plans: Sequence[TrialPlan], rows: Sequence[FilledRow]) -> Runs:
    """Rows as runs to be held against their plan; what a row does not state is as planned, and so is its block."""
    count = len(rows)
    planned = [plans[row.trial] if row.trial is not None and 0 <= row.trial < len(plans) else None for row in rows]
    pairs = list(zip(rows, planned, strict=True))
    columns: dict[str, Any] = {column.name: np.zeros(count) for column in fields(Runs)}
    columns |= {
        "trial": np.array([row.trial for row in rows], dtype=np.int64),
        "run": np.array([row.run for row in rows], dtype=np.int64),
        "phase": np.array([row.stated.get("phase") or (plan.phase.value if plan else "") for row, plan in pairs]),
        "arm": np.array([row.stated.get("arm") or (str(plan.arm) if plan else "") for row, plan in pairs]),
        "block": np.array([plan.block if plan else 0 for plan in planned], dtype=np.int64),
        "eta": np.array([row.point[0] for row in rows], dtype=np.float64),
        "alpha": np.array([row.point[1] for row in rows], dtype=np.float64),
    }
    return Runs(**columns)
