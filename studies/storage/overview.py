"""Studies as clients see them: summaries for lists, details with progress, and the cheap counters that are polled."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import StudyNotFoundError
from studies.language.spec import StudySpec
from studies.records import StudyState, TrialState
from studies.storage import causes, paging, schema
from studies.storage.engine import Database
from studies.storage.kept_details import kept
from studies.storage.planning import named_point, space_of, spec_of
from studies.storage.read_models import BestPoint, Page, PhaseProgress, StudyDetail, StudySummary, SweepSummary
from studies.storage.revisions import RETIRED_SUM

studies, sweeps, trials = schema.studies, schema.sweeps, schema.trials
_LISTED = [column for column in studies.c if column.name not in {"spec", "notes"}]  # long, and lists do not show them
_STATES = tuple(state.value for state in TrialState)
_SUMMED = ("runs", "runs_diverged", *causes.COLUMNS.values())  # columns of trials

# Statements that every look at a study runs, built once: building one costs as much as running it.
_NAMED = studies.c.name == sa.bindparam("name")
_ROW = sa.select(studies).where(_NAMED)
_STAMP = sa.select(studies.c.id, studies.c.revision).where(_NAMED)
_NEWEST = sa.select(sa.func.max(studies.alias().c.id)).scalar_subquery()
_RETIRED = sa.select(schema.counters.c.value).where(schema.counters.c.name == RETIRED_SUM).scalar_subquery()
_AMONG_ALL = sa.select(studies.c.revision, _NEWEST.label("newest"), _RETIRED.label("retired")).where(_NAMED)
_REVISIONS = sa.select(sa.func.coalesce(sa.func.sum(studies.c.revision), 0), _RETIRED)


def get(database: Database, name: str) -> StudyDetail:
    """A study with its document, its sweeps and how far each phase is, all from one snapshot; counted once a revision.

    Raises:
        StudyNotFoundError: no study has this name.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        row = find(connection, name)
        return kept(database, row, lambda: detail_of(connection, row))


def list_page(
    database: Database,
    *,
    limit: int = 50,
    cursor: str | None = None,
    state: StudyState | None = None,
    tag: str | None = None,
) -> Page[StudySummary]:
    """Studies, the newest first; `state` and `tag`: only those that have it.

    Raises:
        SpecError: the limit or the cursor is not acceptable.
        StorageUnavailableError: the database cannot be reached.
    """
    statement = sa.select(*_LISTED).order_by(studies.c.id.desc()).limit(paging.check_limit(limit) + 1)
    if state is not None:
        statement = statement.where(studies.c.state == state.value)
    if tag is not None:
        statement = statement.where(studies.c.tags.contains(f" {tag} ", autoescape=True))
    if cursor is not None:
        statement = statement.where(studies.c.id < paging.decode(cursor, int)[0])
    with database.read() as connection:
        rows = connection.execute(statement).all()
    more = len(rows) > limit
    return Page(tuple(summary_of(row) for row in rows[:limit]), paging.encode([rows[limit - 1].id]) if more else None)


def revision(database: Database, name: str) -> int:
    """The study's revision: one indexed row, fit for polling.

    Raises:
        StudyNotFoundError: no study has this name.
        StorageUnavailableError: the database cannot be reached.
    """
    return stamp(database, name)[1]


def stamp(database: Database, name: str) -> tuple[int, int]:
    """Id and revision of the study, which together name its present content; errors and cost as `revision`."""
    with database.read() as connection:
        found = connection.execute(_STAMP, {"name": name}).one_or_none()
    if found is None:
        raise _not_found(name)
    return int(found.id), int(found.revision)


def stamp_among_all(database: Database, name: str) -> tuple[int, int, int]:
    """The study's revision, and two numbers that change with every submission and deletion of any study.

    One statement on indexed rows, fit for polling; errors as `revision`.
    """
    with database.read() as connection:
        found = connection.execute(_AMONG_ALL, {"name": name}).one_or_none()
    if found is None:
        raise _not_found(name)
    return int(found.revision), int(found.newest), int(found.retired or 0)


def revisions(database: Database) -> int:
    """A number that rises with every visible change of any study, deletions included."""
    with database.read() as connection:
        row = connection.execute(_REVISIONS).one()
    return int(row[0]) + int(row[1] or 0)


def find(connection: Connection, name: str, *, lock: bool = False) -> sa.Row[Any]:
    """The row of a study.

    Raises:
        StudyNotFoundError: no study has this name.
    """
    row = connection.execute(_ROW.with_for_update() if lock else _ROW, {"name": name}).one_or_none()
    if row is None:
        raise _not_found(name)
    return row


def summary_of(row: sa.Row[Any]) -> StudySummary:
    """A row of `golden_studies` as a record."""
    return StudySummary(
        id=row.id,
        name=row.name,
        title=row.title,
        state=StudyState(row.state),
        revision=row.revision,
        claim_hash=row.claim_hash,
        spec_hash=row.spec_hash,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        runs_expected=row.runs_expected,
        runs_done=row.runs_done,
        runs_diverged=row.runs_diverged,
        trials_running=row.trials_running,
        trials_failed=row.trials_failed,
        note=row.note,
        runs_granted=row.runs_granted,
        submitted_by=row.submitted_by,
        causes=causes.counted(row.runs_diverged, row._mapping),
        priority=row.priority,
        tags=tuple(row.tags.split()),
    )


def detail_of(connection: Connection, study: sa.Row[Any]) -> StudyDetail:
    """A row of `golden_studies` with everything that belongs to it."""
    of_study = sa.select(sweeps).where(sweeps.c.study_id == study.id).order_by(sweeps.c.position)
    rows = connection.execute(of_study).all()
    progress = _progress(connection, study.id)
    return StudyDetail(
        summary=summary_of(study),
        spec=spec_of(study.spec),
        sweeps=tuple(_sweep(connection, study, row, progress=progress[row.id]) for row in rows),
        notes=study.notes,
    )


def _sweep(
    connection: Connection, study: sa.Row[Any], row: sa.Row[Any], *, progress: dict[str, PhaseProgress]
) -> SweepSummary:
    phases, spec = tuple(progress[phase] for phase in json.loads(row.phases)), spec_of(study.spec)
    return SweepSummary(
        id=row.id,
        name=row.name,
        loss=row.loss,
        context=row.context,
        phases=phases,
        phases_done=tuple(phase.phase for phase in phases if phase.waiting + phase.running == 0),
        best=_best(connection, study, row, maximise=spec.maximises),
        rounds=row.rounds,
        space=space_of(spec, row.space),
    )


def _progress(connection: Connection, study_id: int) -> dict[int, dict[str, PhaseProgress]]:
    sums = [sa.func.sum(trials.c[name]).label(name) for name in _SUMMED]
    groups = (trials.c.sweep_id, trials.c.phase, trials.c.state)
    chosen = sa.select(*groups, sa.func.count().label("trials"), *sums).where(trials.c.study_id == study_id)
    cells: dict[int, dict[str, list[sa.RowMapping]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(chosen.group_by(*groups)).mappings():
        cells[row["sweep_id"]][row["phase"]].append(row)
    return defaultdict(dict, {i: {p: _phase(p, found) for p, found in by.items()} for i, by in cells.items()})


def _phase(phase: str, cells: Sequence[sa.RowMapping]) -> PhaseProgress:
    """Sum up the cells of one phase, one for each state of trials."""
    count = dict.fromkeys(_STATES, 0) | {cell["state"]: int(cell["trials"]) for cell in cells}
    sums = {name: sum(int(cell[name]) for cell in cells) for name in _SUMMED}
    return PhaseProgress(
        phase=phase,
        waiting=count[TrialState.WAITING],
        running=count[TrialState.RUNNING],
        complete=count[TrialState.COMPLETE],
        failed=count[TrialState.FAILED],
        cancelled=count[TrialState.CANCELLED],
        runs_planned=sums["runs"],
        runs_done=sum(int(cell["runs"]) for cell in cells if cell["state"] == TrialState.COMPLETE),
        diverged=sums["runs_diverged"],
        causes=causes.counted(sums["runs_diverged"], sums),
    )


def _best(connection: Connection, study: sa.Row[Any], sweep: sa.Row[Any], *, maximise: bool) -> BestPoint | None:
    """The best trial none of whose runs ended at chance or broke; the earliest of equals."""
    order = trials.c.value.desc() if maximise else trials.c.value.asc()
    found = connection.execute(
        sa.select(trials.c.number, trials.c.eta, trials.c.alpha, trials.c.value)
        .where(trials.c.sweep_id == sweep.id, trials.c.value.is_not(None), trials.c.runs_diverged == 0)
        .order_by(order, trials.c.number)
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    named = named_point(study, sweep.context, found.eta, found.alpha)
    return BestPoint(found.number, found.eta, found.alpha, found.value, named)


def document(database: Database, name: str) -> StudySpec:
    """A study's document alone, at no cost that grows with its trials.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        return spec_of(find(connection, name).spec)


def _not_found(name: str) -> StudyNotFoundError:
    return StudyNotFoundError(f"no study is named {name!r}; `golden status` lists them")
