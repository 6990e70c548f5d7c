"""Finished trials in Optuna's own tables, so that `optuna.load_study` and optuna-dashboard can read every sweep.

The rows equal those that Optuna's `Study.add_trial` would write, but a whole batch takes a handful of statements inside
the transaction that finishes it (Optuna takes tens of statements and several commits a trial). Trial numbers are dense,
in the order of finishing, and are given out under the lock of Optuna's study row, as Optuna itself does. Our own trial
number is the user attribute `golden_trial`. Intermediate values are the mean accuracy after epoch 1, 2, ...
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from optuna.distributions import FloatDistribution, distribution_to_json
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy.engine import Connection

from studies.language.space import Space
from studies.storage.bulk import insert_rows
from studies.storage.planning import space_of, spec_of
from studies.storage.schema import sweeps

METRIC_NAMES = "study:metric_names"  # the attribute that `Study.set_metric_names` writes

_STUDIES: sa.Table = models.StudyModel.__table__
_TRIALS: sa.Table = models.TrialModel.__table__
_PARAMS: sa.Table = models.TrialParamModel.__table__
_VALUES: sa.Table = models.TrialValueModel.__table__
_STEPS: sa.Table = models.TrialIntermediateValueModel.__table__
_ATTRS: sa.Table = models.TrialUserAttributeModel.__table__
_OF_TRIAL: tuple[sa.Table, ...] = (
    _PARAMS,
    _VALUES,
    _STEPS,
    _ATTRS,
    models.TrialSystemAttributeModel.__table__,
    models.TrialHeartbeatModel.__table__,
)
_OF_STUDY: tuple[sa.Table, ...] = (
    models.StudyDirectionModel.__table__,
    models.StudyUserAttributeModel.__table__,
    models.StudySystemAttributeModel.__table__,
)


@dataclass(frozen=True, slots=True)
class MirroredTrial:
    """A final trial as Optuna shall see it. `value` is None for a failed one."""

    number: int  # ours
    eta: float
    alpha: float
    value: float | None
    curve: Sequence[float]  # mean accuracy per epoch
    attributes: Mapping[str, Any]
    started_at: datetime
    finished_at: datetime


def create_study(connection: Connection, name: str, metric: str, *, maximise: bool) -> int:
    """Make an Optuna study as `optuna.create_study` would and return its id.

    Args:
        name: of the Optuna study.
        metric: what its values are called.
        maximise: whether larger values are better.

    Raises:
        sqlalchemy.exc.IntegrityError: an Optuna study of this name exists.
    """
    direction = StudyDirection.MAXIMIZE if maximise else StudyDirection.MINIMIZE
    inserted = connection.execute(sa.insert(_STUDIES).values(study_name=name).returning(_STUDIES.c.study_id))
    study_id: int = inserted.scalar_one()
    directions, _, system = _OF_STUDY
    connection.execute(sa.insert(directions).values(study_id=study_id, direction=direction, objective=0))
    names = json.dumps([metric])
    connection.execute(sa.insert(system).values(study_id=study_id, key=METRIC_NAMES, value_json=names))
    return study_id


def find_study(connection: Connection, name: str) -> int | None:
    """Id of the Optuna study of this name."""
    return connection.execute(sa.select(_STUDIES.c.study_id).where(_STUDIES.c.study_name == name)).scalar_one_or_none()


def delete_studies(connection: Connection, study_ids: Sequence[int]) -> None:
    """Delete Optuna studies with everything in them."""
    owned = sa.select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id.in_(study_ids))
    for table in _OF_TRIAL:
        connection.execute(sa.delete(table).where(table.c.trial_id.in_(owned)))
    for table in (_TRIALS, *_OF_STUDY, _STUDIES):
        connection.execute(sa.delete(table).where(table.c.study_id.in_(study_ids)))


def add_trials(connection: Connection, study_id: int, trials: Sequence[MirroredTrial], *, space: Space) -> bool:
    """Append final trials to an Optuna study, in the order given.

    Returns:
        False where the Optuna study is gone (deleted with Optuna's tools); nothing is written then.
    """
    locked = sa.select(_STUDIES.c.study_id).where(_STUDIES.c.study_id == study_id).with_for_update()
    if connection.execute(locked).scalar_one_or_none() is None:
        return False
    ids = _new_ids(connection, len(trials))
    first = _next_number(connection, study_id)
    rows = [(trial_id, trial) for trial_id, trial in zip(ids, trials, strict=True)]
    insert_rows(connection, _TRIALS, [_trial(study_id, first + i, *row) for i, row in enumerate(rows)])
    insert_rows(connection, _PARAMS, [param for row in rows for param in _params(*row, space=space)])
    insert_rows(connection, _VALUES, [_value(*row) for row in rows if row[1].value is not None])
    insert_rows(connection, _ATTRS, [attribute for row in rows for attribute in _attributes(*row, space=space)])
    insert_rows(connection, _STEPS, [step for row in rows for step in _steps(*row)])
    return True


def mirrored(
    row: sa.Row[Any], *, value: float | None, curve: Sequence[float], diverged: int, at: datetime
) -> MirroredTrial:
    """A row of `golden_trials` as Optuna shall see it once it is final.

    Args:
        value: mean of the claim's objective over the runs; None: the trial failed.
        curve: mean accuracy per epoch.
        diverged: runs that diverged.
        at: when it became final.
    """
    complete = value is not None or diverged > 0  # each run a result, though none may have a value
    attributes = {
        "phase": row.phase,
        "arm": row.arm,
        "block": row.block,
        "runs": row.runs if complete else 0,
        "diverged": diverged,
    }
    return MirroredTrial(
        number=row.number,
        eta=row.eta,
        alpha=row.alpha,
        value=value,
        curve=curve,
        attributes=attributes,
        started_at=row.started_at,
        finished_at=at,
    )


def mirror_trials(connection: Connection, study: sa.Row[Any], by_sweep: Mapping[int, Sequence[MirroredTrial]]) -> None:
    """Write final trials of one study, by sweep id, into its Optuna studies; one that was deleted is made again."""
    spec = spec_of(study.spec)
    chosen = sa.select(sweeps).where(sweeps.c.id.in_(by_sweep)).order_by(sweeps.c.optuna_study_id)
    for sweep in connection.execute(chosen).all():
        space = space_of(spec, sweep.space) or spec.space_in(sweep.context)
        if not add_trials(connection, sweep.optuna_study_id, by_sweep[sweep.id], space=space):
            new_id = create_study(connection, f"{study.name}/{sweep.name}", spec.metric, maximise=spec.maximises)
            connection.execute(sa.update(sweeps).where(sweeps.c.id == sweep.id).values(optuna_study_id=new_id))
            add_trials(connection, new_id, by_sweep[sweep.id], space=space)


def mirror_failures(connection: Connection, study: sa.Row[Any], rows: Sequence[sa.Row[Any]], *, at: datetime) -> None:
    """Write trials of one study that failed for good (rows of `golden_trials`); those without a point are left out."""
    by_sweep: dict[int, list[MirroredTrial]] = defaultdict(list)
    for row in rows:
        if row.eta is not None:
            by_sweep[row.sweep_id].append(mirrored(row, value=None, curve=(), diverged=0, at=at))
    mirror_trials(connection, study, by_sweep)


def widen(connection: Connection, study_id: int, space: Space) -> None:
    """Give the trials that an Optuna study has the wider box: where boxes differ, Optuna's tools drop the parameter."""
    owned = sa.select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id)
    for name, bounds in _distributions(space).items():
        at = _PARAMS.c.trial_id.in_(owned), _PARAMS.c.param_name == name
        connection.execute(sa.update(_PARAMS).where(*at).values(distribution_json=distribution_to_json(bounds)))


def _new_ids(connection: Connection, count: int) -> list[int]:
    if connection.dialect.name == "postgresql":
        text = "SELECT nextval(pg_get_serial_sequence('trials', 'trial_id')) FROM generate_series(1, :n)"
        return list(connection.execute(sa.text(text), {"n": count}).scalars())
    last = (
        connection.execute(sa.select(sa.func.max(_TRIALS.c.trial_id))).scalar_one() or 0
    )  # the file is ours: IMMEDIATE
    return list(range(last + 1, last + 1 + count))


def _next_number(connection: Connection, study_id: int) -> int:
    """Numbers rise with ids within a study, so the newest row has the largest."""
    newest = sa.select(_TRIALS.c.number).where(_TRIALS.c.study_id == study_id).order_by(_TRIALS.c.trial_id.desc())
    last = connection.execute(newest.limit(1)).scalar_one_or_none()
    return 0 if last is None else last + 1


def _trial(study_id: int, number: int, trial_id: int, trial: MirroredTrial) -> dict[str, Any]:
    return {
        "trial_id": trial_id,
        "number": number,
        "study_id": study_id,
        "state": TrialState.FAIL if trial.value is None else TrialState.COMPLETE,
        "datetime_start": trial.started_at.replace(tzinfo=None),  # Optuna 5 keeps naive UTC
        "datetime_complete": trial.finished_at.replace(tzinfo=None),
    }


def _params(trial_id: int, trial: MirroredTrial, *, space: Space) -> list[dict[str, Any]]:
    values = space.axes.named(trial.eta, trial.alpha)
    return [
        {
            "trial_id": trial_id,
            "param_name": name,
            # The box has room for rounding, Optuna's has none.
            "param_value": min(max(values[name], bounds.low), bounds.high),
            "distribution_json": distribution_to_json(bounds),
        }
        for name, bounds in _distributions(space).items()
    ]


def _distributions(space: Space) -> dict[str, FloatDistribution]:
    return {
        parameter.name: FloatDistribution(low, high, log=parameter.scale == "log")
        for parameter, (low, high) in zip(space.axes.both, space.ends, strict=True)
    }


def _value(trial_id: int, trial: MirroredTrial) -> dict[str, Any]:
    kind = models.TrialValueModel.TrialValueType.FINITE
    return {"trial_id": trial_id, "objective": 0, "value": trial.value, "value_type": kind}


def _attributes(trial_id: int, trial: MirroredTrial, *, space: Space) -> list[dict[str, Any]]:
    axes = space.axes
    s, u = axes.to_fit(axes.points(trial.eta, trial.alpha))[0].tolist()
    attributes = {"golden_trial": trial.number, **trial.attributes, **({"s": s, "u": u} if axes.ridge else {})}
    return [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in attributes.items()]


def _steps(trial_id: int, trial: MirroredTrial) -> list[dict[str, Any]]:
    kind = models.TrialIntermediateValueModel.TrialIntermediateValueType.FINITE
    return [
        {"trial_id": trial_id, "step": epoch, "intermediate_value": accuracy, "intermediate_value_type": kind}
        for epoch, accuracy in enumerate(trial.curve, start=1)
    ]
