"""The read model: what was measured, as numpy columns for verdicts and figures.

`runs` and `landscape` read one sweep in one query and never touch a curve. Pages and streams come from `listing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from studies.errors import TrialNotFoundError
from studies.records import Runs
from studies.storage import schema
from studies.storage.engine import Database
from studies.storage.listing import Curve, curve_of, iter_runs, runs_page, sweep_id_of, trials_page

__all__ = ["Landscape", "RunCurves", "curves", "iter_runs", "landscape", "runs", "runs_page", "trials_page"]

_T = schema.trials
_R = schema.runs
_C = schema.curves


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """The trials of one sweep as columns, in order of their numbers."""

    trial: NDArray[np.int64]
    phase: NDArray[np.str_]
    arm: NDArray[np.str_]
    eta: NDArray[np.float64]
    alpha: NDArray[np.float64]
    value: NDArray[np.float64]  # nan unless complete
    diverged: NDArray[np.int64]  # runs


@dataclass(frozen=True, slots=True)
class RunCurves:
    """The curves of one run, one entry an epoch."""

    trial: int
    run: int
    accuracy: Curve
    cross_entropy: Curve
    loss: Curve


def runs(database: Database, study: str, sweep: str) -> Runs:
    """Every run of a sweep, ordered by (trial number, run index).

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    of_trial = (_T.c.phase, _T.c.arm, _T.c.block, _T.c.eta, _T.c.alpha)
    of_run = (_R.c.n_test, _R.c.correct, _R.c.accuracy, _R.c.error, _R.c.cross_entropy, _R.c.own_loss, _R.c.loss_area)
    ends = (_R.c.epochs_to_target, _R.c.diverged_at.is_not(None))
    statement = sa.select(_T.c.number, _R.c.run, *of_trial, *of_run, *ends).join(_R, _R.c.trial_id == _T.c.id)
    with database.read() as connection:
        sweep_id = sweep_id_of(connection, study, sweep)
        rows = connection.execute(statement.where(_T.c.sweep_id == sweep_id).order_by(_T.c.number, _R.c.run)).all()
    kinds = [
        np.int64,
        np.int64,
        np.str_,
        np.str_,
        np.int64,
        *[np.float64] * 2,
        *[np.int64] * 2,
        *[np.float64] * 6,
        np.bool_,
    ]
    return Runs(*_columns(rows, kinds))


def landscape(database: Database, study: str, sweep: str) -> Landscape:
    """Every trial of a sweep that has a point, for maps; same errors as `runs`."""
    names = (_T.c.number, _T.c.phase, _T.c.arm, _T.c.eta, _T.c.alpha, _T.c.value, _T.c.runs_diverged)
    with database.read() as connection:
        sweep_id = sweep_id_of(connection, study, sweep)
        chosen = sa.select(*names).where(_T.c.sweep_id == sweep_id, _T.c.eta.is_not(None))
        rows = connection.execute(chosen.order_by(_T.c.number)).all()
    return Landscape(*_columns(rows, [np.int64, np.str_, np.str_, *[np.float64] * 3, np.int64]))


def curves(database: Database, study: str, sweep: str, trials: Sequence[int]) -> list[RunCurves]:
    """The curves of every run of these trials (numbers within the sweep), ordered by (trial number, run index).

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        TrialNotFoundError: the sweep has no trial of such a number.
        StorageUnavailableError: the database cannot be reached.
    """
    statement = sa.select(_T.c.number, _C).join_from(_T, _C, _C.c.trial_id == _T.c.id, isouter=True)
    with database.read() as connection:
        sweep_id = sweep_id_of(connection, study, sweep)
        chosen = statement.where(_T.c.sweep_id == sweep_id, _T.c.number.in_(trials))
        rows = connection.execute(chosen.order_by(_T.c.number, _C.c.run)).all()
    missing = sorted(set(trials) - {row.number for row in rows})
    if missing:
        raise TrialNotFoundError(f"sweep {sweep!r} of study {study!r} has no trial {missing[0]}")
    return [
        RunCurves(row.number, row.run, curve_of(row.accuracy), curve_of(row.cross_entropy), curve_of(row.loss))
        for row in rows
        if row.run is not None
    ]


def _columns(rows: Sequence[Iterable[Any]], kinds: Sequence[type[np.generic]]) -> list[NDArray[Any]]:
    """Rows turned into arrays; a missing number becomes nan."""
    columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
    return [np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)]
