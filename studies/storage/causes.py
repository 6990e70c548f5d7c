"""Causes of the failures of stored runs.

Trials and studies count their failed runs by cause as results come in, so that progress by cause costs no reading of
runs. `of_runs` finds the causes anew, and reads the curves of those runs alone that ended at chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.language.roles import pair_of
from studies.language.spec import StudySpec
from studies.outcomes import cause_of
from studies.records import Cause
from studies.storage import schema
from studies.storage.stored_curves import Curve, curve_of

_trial, _run, _curve = schema.trials.c, schema.runs.c, schema.curves.c
COLUMNS: Mapping[Cause, str] = {Cause.DIVERGED: "runs_cause_diverged", Cause.UNTRAINED: "runs_cause_untrained"}
_AT_CHANCE = _run.divergence == "chance"


def counters(counts: Mapping[Cause, int]) -> dict[str, int]:
    """Runs by cause as columns of a trial or a study; runs of which no cause is known have none."""
    return {column: counts.get(cause, 0) for cause, column in COLUMNS.items()}


def counted(failed: int, by_column: Mapping[Any, Any]) -> dict[str, int]:
    """Failed runs by cause, of one or more trials or studies; causes without a run are left out.

    Args:
        failed: runs that ended at chance or broke.
        by_column: the columns of `COLUMNS`, summed up.
    """
    known = {cause.value: int(by_column[column]) for cause, column in COLUMNS.items()}
    found = {Cause.CHANCE.value: failed - sum(known.values()), **known}
    return {cause: count for cause, count in found.items() if count > 0}


def of_runs(connection: Connection, within: sa.ColumnElement[bool], spec: StudySpec) -> dict[tuple[int, int], Cause]:
    """The causes of the failed runs of some trials, by (trial's id, run's index).

    Args:
        connection: of a reading transaction.
        within: which trials, by columns of the table of trials; all of one study.
        spec: the study.
    """
    own = (
        _trial.id,
        _trial.context,
        _trial.eta,
        _trial.alpha,
        _run.run,
        _run.divergence,
        _run.own_loss,
        _run.cross_entropy,
    )
    joined = sa.join(schema.trials, schema.runs, _run.trial_id == _trial.id).outerjoin(
        schema.curves, sa.and_(_AT_CHANCE, _curve.trial_id == _run.trial_id, _curve.run == _run.run)
    )
    drawn = (_curve.loss.label("loss_curve"), _curve.cross_entropy.label("nats_curve"))
    statement: sa.Select[Any] = sa.select(*own, _run.loss_area, _run.steps, *drawn).select_from(joined)
    rows = connection.execute(statement.where(within, _run.diverged_at.is_not(None)))
    return {(row.id, row.run): _cause(row, spec) for row in rows}


def of_trials(connection: Connection, ids: Collection[int], spec: StudySpec) -> Mapping[int, Counter[str]]:
    """Failed runs of these trials of one study by cause; a trial without any is missing."""
    counts: dict[int, Counter[str]] = {}
    if ids:
        for (trial, _), cause in of_runs(connection, _trial.id.in_(ids), spec).items():
            counts.setdefault(trial, Counter())[cause.value] += 1
    return counts


def _cause(row: sa.Row[Any], spec: StudySpec) -> Cause:
    eta, alpha = pair_of(spec.axes_in(row.context), row.eta, row.alpha)
    return cause_of(
        row.divergence or "chance",  # a row that says when, but not how
        _stored(row.loss_curve),
        _stored(row.nats_curve),
        own_loss=row.own_loss,
        cross_entropy=row.cross_entropy,
        loss_area=row.loss_area,
        eta=eta,
        alpha=alpha,
        steps=row.steps,
    )


def _stored(text: str | None) -> Curve:
    return () if text is None else curve_of(text)
