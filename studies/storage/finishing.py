"""Results of a batch of trials, stored in our tables and in Optuna's in one transaction.

A trial's value is the mean of the claim's objective over its runs, or of what was reported of them. An objective that
a run never reached (`epochs_to_target` is None) counts as one epoch more than the run had, so that every value is
finite. A trial has no value where all its runs broke and its measure has no worst value.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.language.roles import pair_of
from studies.language.spec import StudySpec
from studies.outcomes import cause_of_result
from studies.records import AnyRun, Cause, ReportedRun, TrialState
from studies.storage import causes, mirror, schema
from studies.storage.bulk import insert_rows
from studies.storage.engine import Database, now
from studies.storage.planning import spec_of
from studies.storage.read_models import FinishedTrial
from studies.storage.revisions import touch_study
from studies.storage.run_rows import curve_row, curve_shown, has_diverged, objective_value, run_row

trials = schema.trials
_UNFINISHED = (TrialState.RUNNING, TrialState.WAITING)  # waiting under the same token: reaped, but not begun again


def finish(database: Database, results: Sequence[FinishedTrial]) -> list[bool]:
    """Record the results of trials under lease.

    Returns:
        For each trial, True where its result is recorded under this token, now or by an earlier call. False: another
        claim, or a cancellation, came between, and the result must be dropped. A result whose lease has expired is kept
        while no other claim has begun the trial. After a lost connection, call again with the same results.

    Raises:
        ValueError: a trial does not have one run for each of its replicates, or a measurement is not finite.
        StorageUnavailableError: the database cannot be reached.
    """
    for result in results:
        _check(result)
    return database.write(partial(finish_within, results=results)) if results else []


def _check(result: FinishedTrial) -> None:
    where = f"trial {result.trial.number} of {result.trial.study}/{result.trial.sweep}"
    expected = len(result.trial.replicates)
    if len(result.runs) != expected:
        raise ValueError(f"{where} has {expected} replicates but {len(result.runs)} runs; give one run for each")
    for run in result.runs:
        if isinstance(run, ReportedRun):
            continue  # checked where it came in, by its measure
        numbers = (run.accuracy, run.error, run.cross_entropy, run.own_loss, run.loss_area, run.seconds)
        if not all(math.isfinite(number) for number in (*numbers, run.epochs_to_target or 1.0, run.cpu_seconds or 0.0)):
            raise ValueError(
                f"{where} has a measurement that is not finite; a diverged run takes its chance-level values"
            )


def finish_within(connection: Connection, *, results: Sequence[FinishedTrial]) -> list[bool]:
    """`finish`, inside the caller's transaction, without its check."""
    tokens = {result.trial.id: result.trial.token for result in results}
    locked = sa.select(trials).where(trials.c.id.in_(tokens)).order_by(trials.c.id).with_for_update()
    rows = {row.id: row for row in connection.execute(locked) if row.token == tokens[row.id]}
    fresh = {result.trial.id: result for result in results if _is(rows, result.trial.id, *_UNFINISHED)}
    if fresh:
        _record(connection, [rows[i] for i in sorted(fresh)], fresh, at=now(connection))
    return [r.trial.id in fresh or _is(rows, r.trial.id, TrialState.COMPLETE) for r in results]


def _is(rows: dict[int, sa.Row[Any]], trial_id: int, *states: TrialState) -> bool:
    return trial_id in rows and rows[trial_id].state in states


def _record(
    connection: Connection, rows: Sequence[sa.Row[Any]], fresh: dict[int, FinishedTrial], *, at: datetime
) -> None:
    pairs = [(row.id, i, run) for row in rows for i, run in enumerate(fresh[row.id].runs)]
    insert_rows(connection, schema.runs, [run_row(*pair, fresh[pair[0]].trial.replicates[pair[1]]) for pair in pairs])
    insert_rows(connection, schema.curves, [curve_row(*pair) for pair in pairs])
    by_study: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        by_study[row.study_id].append(row)
    for study_id, members in sorted(by_study.items()):
        _record_study(connection, study_id, members, fresh=fresh, at=at)


def _record_study(
    connection: Connection,
    study_id: int,
    rows: Sequence[sa.Row[Any]],
    *,
    fresh: dict[int, FinishedTrial],
    at: datetime,
) -> None:
    study = connection.execute(sa.select(schema.studies).where(schema.studies.c.id == study_id)).one()
    spec = spec_of(study.spec)
    values = {row.id: _value(row, fresh[row.id].runs, spec, objective=study.objective) for row in rows}
    failed = {row.id: _failed(row, fresh[row.id].runs, spec) for row in rows}
    _complete(connection, [{"b_id": i, "b_value": values[i], **_bound(failed[i])} for i in values], at=at)
    by_sweep: dict[int, list[mirror.MirroredTrial]] = defaultdict(list)
    for row in rows:
        curve = [_average(epoch) for epoch in zip(*map(curve_shown, fresh[row.id].runs), strict=False)]
        trial = mirror.mirrored(row, value=values[row.id], curve=curve, diverged=failed[row.id]["runs_diverged"], at=at)
        by_sweep[row.sweep_id].append(trial)
    mirror.mirror_trials(connection, study, by_sweep)
    touch_study(
        connection,
        study_id,
        trials_running=-sum(row.state == TrialState.RUNNING for row in rows),
        runs_done=sum(row.runs for row in rows),
        **sum((Counter(counts) for counts in failed.values()), Counter()),
    )


def _value(row: sa.Row[Any], runs: Sequence[AnyRun], spec: StudySpec, *, objective: str) -> float | None:
    """A trial's value: the mean of its runs by what its study is judged by."""
    epochs = spec.context_of(row.context).epochs or 1
    return _mean([objective_value(run, objective, epochs) for run in runs])


def _failed(row: sa.Row[Any], runs: Sequence[AnyRun], spec: StudySpec) -> dict[str, int]:
    """Failed runs of a trial as columns: all of them, and those by known cause."""
    failed = [run for run in runs if has_diverged(run)]
    return {"runs_diverged": len(failed), **causes.counters(Counter(_cause(row, run, spec) for run in failed))}


def _cause(row: sa.Row[Any], run: AnyRun, spec: StudySpec) -> Cause:
    """Why a run failed: what its curves say, or what its trainer declared."""
    if isinstance(run, ReportedRun):
        return Cause.DIVERGED
    eta, alpha = pair_of(spec.axes_in(row.context), row.eta, row.alpha)
    return cause_of_result(run, eta=eta, alpha=alpha)


def _bound(columns: dict[str, int]) -> dict[str, int]:
    return {f"b_{name}": count for name, count in columns.items()}


def _complete(connection: Connection, parameters: list[dict[str, Any]], *, at: datetime) -> None:
    connection.execute(
        sa.update(trials)
        .where(trials.c.id == sa.bindparam("b_id"))
        .values(
            state=TrialState.COMPLETE.value,
            value=sa.bindparam("b_value"),
            **{name: sa.bindparam(f"b_{name}") for name in ("runs_diverged", *causes.COLUMNS.values())},
            deadline=None,
            finished_at=at,
        ),
        parameters,
    )


def _mean(numbers: Sequence[float | None]) -> float | None:
    """The mean of those that are there; None where none is."""
    known = [number for number in numbers if number is not None]
    return _average(known) if known else None


def _average(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)
