"""Trials and runs as pages and as a stream.

Pages are keyset-paged: rows that appear meanwhile shift nothing. `iter_runs` reads piece by piece in short
transactions, so that a slow reader holds nothing open; runs stored meanwhile may or may not be part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import StudyNotFoundError, TrialNotFoundError
from studies.language.parameters import Axes
from studies.language.phases import Phase
from studies.language.roles import pair_of
from studies.outcomes import cause_of_result
from studies.records import Cause, Replicate, ReportedRun, RunResult, TrialState
from studies.storage import causes, paging, schema
from studies.storage.engine import Database
from studies.storage.overview import find
from studies.storage.planning import named_point, replicates_of, spec_of
from studies.storage.read_models import Page, RunRow, TrialRow
from studies.storage.stored_curves import curve_of, rare_of

Sort = Literal["number", "value", "-value"]
Row = TypeVar("Row")
EXPORT_PIECE = 1000  # rows read at a time by `iter_trials` and `iter_runs`

trials, runs, curves, sweeps = schema.trials, schema.runs, schema.curves, schema.sweeps
_IDENTITY = tuple(field.name for field in fields(Replicate))
_MEASURED = tuple(field.name for field in fields(RunResult) if not field.name.endswith("_curve"))


def trials_page(
    database: Database,
    study: str,
    *,
    sweep: str | None = None,
    phase: Phase | None = None,
    state: TrialState | None = None,
    sort: Sort = "number",
    limit: int = 100,
    cursor: str | None = None,
) -> Page[TrialRow]:
    """Trials of a study, by sweep and number, or by value (then only those that have one).

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        SpecError: the limit or the cursor is not acceptable.
        StorageUnavailableError: the database cannot be reached.
    """
    place = [trials.c.sweep_id, trials.c.number]
    key = place if sort == "number" else [trials.c.value, *place]
    statement = sa.select(trials, sweeps.c.name.label("sweep")).join(sweeps, sweeps.c.id == trials.c.sweep_id)
    if sort != "number":
        statement = statement.where(trials.c.value.is_not(None))
    if phase is not None:
        statement = statement.where(trials.c.phase == phase.value)
    if state is not None:
        statement = statement.where(trials.c.state == state.value)
    statement = _from_cursor(statement, key, cursor, backwards=sort == "-value").limit(paging.check_limit(limit) + 1)
    with database.read() as connection:
        own = find(connection, study)
        rows = connection.execute(statement.where(_within(connection, study, sweep))).all()
        failed = causes.of_trials(connection, [row.id for row in rows[:limit] if row.runs_diverged], spec_of(own.spec))
    names = [column.name for column in key]
    return Page(tuple(_trial_row(row, failed.get(row.id, {}), own) for row in rows[:limit]), _next(rows, limit, names))


def iter_trials(database: Database, study: str) -> Iterator[TrialRow]:
    """Every trial of a study, in the order of `trials_page`; same errors."""
    return _iterate(lambda cursor: trials_page(database, study, limit=EXPORT_PIECE, cursor=cursor))


def trial(database: Database, study: str, sweep: str, number: int) -> TrialRow:
    """One trial as `trials_page` lists it, whatever its state.

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        TrialNotFoundError: the sweep has no trial of this number.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        own = find(connection, study)
        statement = sa.select(trials, sweeps.c.name.label("sweep")).join(sweeps, sweeps.c.id == trials.c.sweep_id)
        row = connection.execute(statement.where(_within(connection, study, sweep), trials.c.number == number)).first()
        if row is None:
            raise TrialNotFoundError(f"sweep {sweep!r} of study {study!r} has no trial {number}")
        failed = causes.of_trials(connection, [row.id] if row.runs_diverged else [], spec_of(own.spec))
    return _trial_row(row, failed.get(row.id, {}), own)


def replicates(database: Database, study: str, sweep: str, number: int) -> tuple[Replicate, ...]:
    """Split, fold and seeds of each run of a trial, whether it was trained or not; errors as those of `trial`."""
    with database.read() as connection:
        chosen = sa.select(trials.c.replicates).where(_within(connection, study, sweep), trials.c.number == number)
        found = connection.execute(chosen).scalar_one_or_none()
    if found is None:
        raise TrialNotFoundError(f"sweep {sweep!r} of study {study!r} has no trial {number}")
    return replicates_of(found)


def runs_page(
    database: Database, study: str, *, sweep: str | None = None, limit: int = 100, cursor: str | None = None
) -> Page[RunRow]:
    """Runs of a study with their curves, by sweep, trial number and index; same errors as `trials_page`."""
    paging.check_limit(limit)
    with database.read() as connection:
        own = find(connection, study)
        rows = connection.execute(_runs_from(cursor, limit + 1, within=_within(connection, study, sweep))).all()
    return Page(tuple(_run_row(row, own) for row in rows[:limit]), _next(rows, limit, ["sweep_id", "number", "run"]))


def iter_runs(database: Database, study: str) -> Iterator[RunRow]:
    """Every run of a study with its curves, in the order of `runs_page`, in constant memory.

    Raises:
        StudyNotFoundError: there is no such study; raised by the call, before the first row.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        find(connection, study)
    return _iterate(lambda cursor: runs_page(database, study, limit=EXPORT_PIECE, cursor=cursor))


def _iterate(ask: Callable[[str | None], Page[Row]]) -> Iterator[Row]:
    """The items of one page after another."""
    cursor: str | None = None
    while True:
        page = ask(cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def sweep_id_of(connection: Connection, study: str, sweep: str) -> int:
    """Id of a sweep by the names of its study and its own.

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
    """
    study_id = find(connection, study).id
    chosen = sa.select(sweeps.c.id).where(sweeps.c.study_id == study_id, sweeps.c.name == sweep)
    found: int | None = connection.execute(chosen).scalar_one_or_none()
    if found is None:
        raise StudyNotFoundError(f"study {study!r} has no sweep {sweep!r}; `golden status {study}` lists them")
    return found


def _runs_from(cursor: str | None, limit: int, *, within: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The next runs. Enough trials are cut out first, by index: each complete one has at least one run."""
    cut = sa.select(trials).where(within, trials.c.state == TrialState.COMPLETE.value)
    if cursor is not None:
        sweep_id, number, _ = paging.decode(cursor, int, int, int)
        cut = cut.where(
            sa.tuple_(trials.c.sweep_id, trials.c.number) >= sa.tuple_(sa.literal(sweep_id), sa.literal(number))
        )
    part = cut.order_by(trials.c.sweep_id, trials.c.number).limit(limit + 1).subquery().c
    own = (
        part.sweep_id,
        sweeps.c.name.label("sweep"),
        part.number,
        part.context,
        part.phase,
        part.arm,
        part.block,
        part.eta,
        part.alpha,
    )
    texts = [curves.c[name].label(f"{name}_curve") for name in ("accuracy", "cross_entropy", "loss")]
    statement = (
        sa.select(*own, runs, *texts)
        .join(sweeps, sweeps.c.id == part.sweep_id)
        .join(runs, runs.c.trial_id == part.id)
        .join(curves, sa.and_(curves.c.trial_id == runs.c.trial_id, curves.c.run == runs.c.run))
    )
    return _from_cursor(statement, [part.sweep_id, part.number, runs.c.run], cursor).limit(limit)


def _from_cursor(
    statement: sa.Select[Any], key: Sequence[sa.ColumnElement[Any]], cursor: str | None, *, backwards: bool = False
) -> sa.Select[Any]:
    """Order by `key` and start behind the row that the cursor stands for."""
    ordered = statement.order_by(*(column.desc() if backwards else column.asc() for column in key))
    if cursor is None:
        return ordered
    kinds = [(int, float) if column.name == "value" else int for column in key]
    last = sa.tuple_(*(sa.literal(part) for part in paging.decode(cursor, *kinds)))
    place = sa.tuple_(*key)
    return ordered.where(place < last if backwards else place > last)


def _next(rows: Sequence[sa.Row[Any]], limit: int, names: list[str]) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]._mapping
    return paging.encode([last[name] for name in names])


def _within(connection: Connection, study: str, sweep: str | None) -> sa.ColumnElement[bool]:
    if sweep is not None:
        return trials.c.sweep_id == sweep_id_of(connection, study, sweep)
    study_id: int = find(connection, study).id
    return trials.c.study_id == study_id


def _trial_row(row: sa.Row[Any], failed: Mapping[str, int], study: sa.Row[Any]) -> TrialRow:
    return TrialRow(
        sweep=row.sweep,
        number=row.number,
        phase=row.phase,
        arm=row.arm,
        block=row.block,
        eta=row.eta,
        alpha=row.alpha,
        state=TrialState(row.state),
        value=row.value,
        runs=row.runs,
        runs_diverged=row.runs_diverged,
        causes=dict(sorted(failed.items())),
        attempts=row.attempt,
        worker=row.worker,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        parameters=named_point(study, row.context, row.eta, row.alpha),
    )


def _run_row(row: sa.Row[Any], study: sa.Row[Any]) -> RunRow:
    found = row._mapping
    external = row.stack is None  # every run of our own engine names the stack that it was trained in
    result, cause = (None, _declared(row)) if external else _result(row, spec_of(study.spec).axes_in(row.context))
    return RunRow(
        sweep=row.sweep,
        trial=row.number,
        run=row.run,
        phase=row.phase,
        arm=row.arm,
        block=row.block,
        eta=row.eta,
        alpha=row.alpha,
        replicate=Replicate(**{name: found[name] for name in _IDENTITY}),
        result=result,
        cause=cause.value,
        reported=_reported(row) if external else None,
        parameters=named_point(study, row.context, row.eta, row.alpha),
    )


def _result(row: sa.Row[Any], axes: Axes) -> tuple[RunResult, Cause]:
    """What our own engine measured, and why the run failed."""
    found = row._mapping
    measured: dict[str, Any] = {name: found[name] for name in _MEASURED}
    drawn: dict[str, Any] = {
        f"{name}_curve": curve_of(found[f"{name}_curve"]) for name in ("accuracy", "cross_entropy", "loss")
    }
    drawn |= {f"{name}_curve": curve for name, curve in rare_of(row.loss_curve).items()}
    result = RunResult(**measured, **drawn)
    eta, alpha = pair_of(axes, row.eta, row.alpha)
    return result, cause_of_result(result, eta=eta, alpha=alpha)


def _reported(row: sa.Row[Any]) -> ReportedRun:
    curve = tuple(value for value in curve_of(row.accuracy_curve) if value is not None)
    return ReportedRun(row.value, row.diverged_at is not None, row.seconds, curve)


def _declared(row: sa.Row[Any]) -> Cause:
    return Cause.NONE if row.diverged_at is None else Cause.DIVERGED
