"""Rows of a table against the plan of the document that they are said to follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studies.errors import Problem
from studies.foreign.rows import Measurement
from studies.foreign.table import TrialTable
from studies.language.objective_names import SHARES
from studies.language.phases import GROWING_PHASES
from studies.language.spec import StudySpec
from studies.plan.replay import departures, replayed_plans
from studies.records import TrialPlan
from studies.verdict.model import Evidence
from studies.verdict.rules import too_many_missing

PLACE, MEASURED = ("trial", "phase", "block"), ("n_test", "correct")  # columns without which no plan can be replayed


def missing_for_replay(table: TrialTable) -> str | None:
    """The reason that a document's plan cannot be replayed on a table; None where it can."""
    spec = table.document
    if spec is None:
        return "there is no document"
    if all(row.phase is None for row in table.rows):
        return "no row states its phase"
    if table.measure != spec.claim.objective and {table.measure, spec.claim.objective} != set(SHARES):
        return f"the plan followed {spec.claim.objective}, and the table has {table.measure}"
    counted = [row for rows in table.sweeps.values() for row in rows]
    trained = [row for row in counted if not row.diverged]
    missing = [name for name in PLACE if any(getattr(row, name) is None for row in counted)]
    measured = MEASURED if table.own_measure is None else ()  # counts follow from a share of so many cases
    missing += [name for name in measured if any(getattr(row, name) is None for row in trained)]
    return f"not every row states {', '.join(missing)}" if missing else None


def plan_problems(table: TrialTable, spec: StudySpec, measured: Sequence[Evidence]) -> Iterator[Problem]:
    """Rows that the document's plan does not have, or has otherwise; each with its place in the table.

    A sweep that misses more runs than any verdict allows is not replayed: it decides nothing.

    Args:
        table: for which `missing_for_replay` gives None.
        spec: the table's document.
        measured: evidence of every sweep, in the table's order.
    """
    for evidence, rows in zip(measured, table.sweeps.values(), strict=True):
        if too_many_missing(evidence):
            continue
        numbers = [row.trial for row in rows if row.phase in GROWING_PHASES and row.trial is not None]
        context = spec.context_of(evidence.context)
        plans = replayed_plans(spec, context, evidence, first_trials=max(numbers, default=-1) + 1)
        places = _places(table, evidence)
        for found in departures(plans, evidence.runs, evidence.claim.axes):
            place = places[int(evidence.runs.trial[found.row]), int(evidence.runs.run[found.row])]
            yield Problem(f"rows.{place}.{found.column}", f"{found.text}; give the study's own trials, as exported")
        yield from _other_folds(table, plans, places)


def _other_folds(
    table: TrialTable, plans: Sequence[TrialPlan], places: dict[tuple[int, int], int]
) -> Iterator[Problem]:
    for (trial, run), place in places.items():
        stated = table.rows[place].fold
        if stated is None or trial >= len(plans) or run >= len(plans[trial].replicates):
            continue
        due = plans[trial].replicates[run].fold
        if stated != due:
            yield Problem(f"rows.{place}.fold", f"trial {trial} was planned on fold {due}, not {stated}")


def _places(table: TrialTable, evidence: Evidence) -> dict[tuple[int, int], int]:
    """Place in the table by (trial, run), of the rows of one sweep."""
    return {(row.trial or 0, row.run or 0): i for i, row in enumerate(table.rows) if _counts(table, evidence, row)}


def _counts(table: TrialTable, evidence: Evidence, row: Measurement) -> bool:
    only = table.document.contexts[0].name if table.document is not None else evidence.context
    return table.counts(row) and row.loss == evidence.loss and (row.context or only) == evidence.context
