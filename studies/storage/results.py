"""Measurements of one sweep for verdicts and figures: runs as numpy columns, and curves.

`runs` takes one query, and a second one where runs failed: curves of those that ended at chance give the cause.
`listing` has pages and streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from studies.errors import TrialNotFoundError
from studies.language.measure import Measure
from studies.language.spec import StudySpec
from studies.records import Cause, Runs
from studies.reported import derived_columns
from studies.storage import causes, schema
from studies.storage.engine import Database
from studies.storage.listing import sweep_id_of
from studies.storage.planning import spec_of
from studies.storage.stored_curves import Curve, curve_of, rare_of

_trial, _run, _curve = schema.trials.c, schema.runs.c, schema.curves.c
_COLUMNS: dict[str, tuple[sa.ColumnElement[Any], type[np.generic]]] = {  # of `Runs`: where each is stored, and its kind
    "trial": (_trial.number, np.int64),
    "run": (_run.run, np.int64),
    "phase": (_trial.phase, np.str_),
    "arm": (_trial.arm, np.str_),
    "block": (_trial.block, np.int64),
    "eta": (_trial.eta, np.float64),
    "alpha": (_trial.alpha, np.float64),
    "n_test": (_run.n_test, np.int64),
    "correct": (_run.correct, np.int64),
    "accuracy": (_run.accuracy, np.float64),
    "error": (_run.error, np.float64),
    "cross_entropy": (_run.cross_entropy, np.float64),
    "own_loss": (_run.own_loss, np.float64),
    "loss_area": (_run.loss_area, np.float64),
    "epochs_to_target": (_run.epochs_to_target, np.float64),  # a null becomes nan
    "diverged": (_run.diverged_at.is_not(None).label("diverged"), np.bool_),
    "value": (_run.value.label("reported"), np.float64),
    "cpu_seconds": (_run.cpu_seconds, np.float64),
}


@dataclass(frozen=True, slots=True)
class RunCurves:
    """The curves of one run, one entry an epoch; of mean rates one a measurement."""

    trial: int
    run: int
    accuracy: Curve
    cross_entropy: Curve
    loss: Curve
    implicit_rate: Curve = ()  # under a changed backward pass; see `RunResult`
    harmful: Curve = ()
    eta: Curve = ()  # under a schedule that measures
    eta_last: Curve = ()
    rate_epochs: Curve = ()  # of mean rates; see `RunResult`
    first_rate: Curve = ()
    last_rate: Curve = ()
    first_used_rate: Curve = ()
    last_used_rate: Curve = ()


def runs(database: Database, study: str, sweep: str) -> Runs:
    """Every run of a sweep, ordered by (trial number, run index).

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    columns = [_trial.id, *(column for column, _ in _COLUMNS.values())]
    statement = sa.select(*columns).join_from(schema.trials, schema.runs, _run.trial_id == _trial.id)
    with database.read() as connection:
        sweep_id = sweep_id_of(connection, study, sweep)
        rows = connection.execute(statement.where(_trial.sweep_id == sweep_id).order_by(_trial.number, _run.run)).all()
        failed = any(row.diverged for row in rows)
        spec, measure = _asked_of(connection, sweep_id)
        found = causes.of_runs(connection, _trial.sweep_id == sweep_id, spec) if failed else {}
    cause = [found.get((row.id, row.run), Cause.NONE).value for row in rows]
    values = list(zip(*rows, strict=True))[1:] if rows else [()] * len(_COLUMNS)
    named = zip(_COLUMNS.items(), values, strict=True)
    stored = {name: (column, kind) for (name, (_, kind)), column in named}
    known: dict[str, Any] = {}
    if measure is not None:
        known = dict(derived_columns(np.array(stored["value"][0], dtype=np.float64), measure))
    arrays = {name: np.array(column, dtype=kind) for name, (column, kind) in stored.items() if name not in known}
    return Runs(**arrays, **known, cause=np.array(cause, dtype=np.str_))


def _asked_of(connection: sa.Connection, sweep_id: int) -> tuple[StudySpec, Measure | None]:
    """A sweep's study, and what was reported of its runs; None where our own workers train them."""
    sweep, study = schema.sweeps.c, schema.studies.c
    joined = sa.join(schema.sweeps, schema.studies, study.id == sweep.study_id)
    chosen = sa.select(sweep.external, sweep.context, study.spec).select_from(joined).where(sweep.id == sweep_id)
    row = connection.execute(chosen).one()
    spec = spec_of(row.spec)
    return spec, spec.measure_of(row.context) if row.external else None


def curves(database: Database, study: str, sweep: str, trials: Sequence[int]) -> list[RunCurves]:
    """The curves of every run of these trials (numbers within the sweep), ordered by (trial number, run index).

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        TrialNotFoundError: the sweep has no trial of such a number.
        StorageUnavailableError: the database cannot be reached.
    """
    joined = sa.outerjoin(schema.trials, schema.curves, _curve.trial_id == _trial.id)
    statement = sa.select(_trial.number, schema.curves).select_from(joined)
    with database.read() as connection:
        sweep_id = sweep_id_of(connection, study, sweep)
        chosen = statement.where(_trial.sweep_id == sweep_id, _trial.number.in_(trials))
        rows = connection.execute(chosen.order_by(_trial.number, _curve.run)).all()
    missing = sorted(set(trials) - {row.number for row in rows})
    if missing:
        raise TrialNotFoundError(f"sweep {sweep!r} of study {study!r} has no trial {missing[0]}")
    return [
        RunCurves(
            trial=row.number,
            run=row.run,
            accuracy=curve_of(row.accuracy),
            cross_entropy=curve_of(row.cross_entropy),
            loss=curve_of(row.loss),
            **rare_of(row.loss),
        )
        for row in rows
        if row.run is not None
    ]
