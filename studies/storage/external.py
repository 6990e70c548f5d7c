"""Trials of external contexts, for callers over HTTP: lease, renew, report, finish, release.

The same statements, fences and counters as our own workers' (`queue`, `leases`, `finishing`), and three further rules:

- A caller never gets a trial of a built-in context, and none of our workers one of an external context.
- A caller acts on its own leases alone. The owner is the name of its token, so that one program may renew what another
  of the same owner leased; a lease that ran out and was not begun again may still be finished by its owner.
- A request that is sent again after a lost answer changes nothing: a lease under its key gives the same trials, results
  that are recorded stay as they are, and a failure ends an attempt once.

Where nothing waits, nothing is written. Values on the way (`report`) are shown and are no evidence; the latest
`MOST_STEPS` of each run are kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import Problem, SpecError, StateError
from studies.records import FINAL_STATES, MOST_LOG, ReportedRun, StudyState, TrialState
from studies.storage import finishing, idempotency, leases, picking, queue, schema
from studies.storage.engine import Database, now
from studies.storage.listing import sweep_id_of
from studies.storage.overview import find
from studies.storage.planning import spec_of
from studies.storage.read_models import Batch, FinishedTrial
from studies.storage.read_models import Ending as Ending  # a client of the service builds them without a database
from studies.storage.read_models import StepValue as StepValue
from studies.text import printable

MOST_STEPS = 1_000  # values on the way that are kept of one run, those of the highest steps
FAILED = "raised"  # the kind of failure that a caller reports
trials, steps, logs = schema.trials, schema.steps, schema.logs


def lease(
    database: Database,
    *,
    owner: str,
    worker: str,
    limit: int,
    seconds: float,
    study: str | None = None,
    askers: int = 1,
    key: idempotency.Key | None = None,
) -> Batch | None:
    """Lease up to `limit` waiting trials of one external context.

    Args:
        owner: name of the caller's token.
        worker: what the caller calls itself, for display.
        limit: the most trials to lease, at least 1.
        seconds: length of the lease, from now on the database's clock, and again from each renewal.
        study: only this one; None: any, by priority and age.
        askers: callers that ask at present; each gets at most its share of what waits.
        key: the caller's name for this request; sent again, it gives those trials that are still held by it.

    Returns:
        None where nothing waits, or where the trials of a repeated request have ended.

    Raises:
        StudyNotFoundError: there is no such study.
        StateError: the study has ended, or has no external context: it will never hand out a trial.
        IdempotencyConflictError: the key was used for another request.
        StorageUnavailableError: the database cannot be reached.
    """
    digest = idempotency.digest_of("lease", 0, json.dumps([worker, limit, seconds, study]))
    with database.read() as connection:
        if study is not None:
            _require_open(connection, study)
        before = None if key is None else idempotency.answer_of(connection, key, digest)
        if before is not None:
            return _held_again(connection, before)
        overdue = leases.any_expired(connection, at=now(connection))
        names = None if study is None else [study]
        waits = overdue or bool(picking.candidates(connection, names, external=True))
    if overdue:
        queue.reap(database)
    if not waits:
        return None
    work = partial(
        _lease,
        worker=f"{owner}/{worker}",
        limit=limit,
        seconds=seconds,
        names=names,
        askers=askers,
        key=key,
        digest=digest,
    )
    try:
        return database.write(work)
    except sa.exc.IntegrityError:  # the same request is carried out at this moment: now its answer can be seen
        return database.write(work)


def renew(database: Database, tokens: Mapping[int, int], *, owner: str) -> leases.Renewal:
    """Let held leases (trial id to token) last as long from now as they were leased for; the others are lost.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> leases.Renewal:
        return leases.renew(connection, _owned(connection, tokens, owner), seconds=None)

    return database.write(work)


def release(database: Database, tokens: Mapping[int, int], *, owner: str) -> list[int]:
    """Put held trials back to waiting, the attempt not counted; returns their ids. Lost ones are ignored.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """

    def work(connection: Connection) -> list[int]:
        rows = leases.held(connection, _owned(connection, tokens, owner))
        leases.requeue(connection, rows, error=None, counted=False)
        return [row.id for row in rows]

    return database.write(work)


def report(database: Database, values: Sequence[StepValue], *, owner: str) -> list[int]:
    """Keep values on the way of held trials; returns the ids of those that are not held any more.

    Raises:
        SpecError: a trial has no such run; nothing is kept then.
        StorageUnavailableError: the database cannot be reached.
    """
    return database.write(partial(_report, values=values, owner=owner))


def finish(database: Database, endings: Sequence[Ending], *, owner: str) -> list[bool]:
    """Record the ends of attempts: results and failures.

    Returns:
        For each, True where it is recorded, now or by an earlier call. False: another claim or a cancellation came
        between, or the trial is not the caller's; it must be dropped.

    Raises:
        SpecError: a result does not have one run for each of its trial's, or a value is none of the study's measure;
            nothing is recorded then.
        StorageUnavailableError: the database cannot be reached; call again.
    """
    recorded = database.write(partial(_finish, endings=endings, owner=owner))
    failed = {i: each for i, each in enumerate(endings) if each.failed is not None}
    if failed:
        ended = database.write(partial(_fail, endings=list(failed.values()), owner=owner))
        recorded |= dict(zip(failed, ended, strict=True))
    return [recorded.get(i, False) for i in range(len(endings))]


def waiting(database: Database) -> dict[str, int]:
    """Trials that callers may lease, by the name of their study; studies without any are left out.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    studies = schema.studies.c
    external = sa.select(trials.c.study_id, sa.func.count().label("trials")).where(
        trials.c.external == sa.true(), schema.WAITING
    )
    counts = external.group_by(trials.c.study_id).subquery()
    chosen = sa.select(studies.name, counts.c.trials).join(counts, counts.c.study_id == studies.id)
    with database.read() as connection:
        rows = connection.execute(chosen.where(studies.state.in_(picking.CLAIMABLE)))
        return {row.name: row.trials for row in rows}


def steps_of(database: Database, study: str, sweep: str, number: int) -> list[tuple[int, int, float]]:
    """Values on the way of a trial: (run, step, value), ordered.

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = sa.select(steps.c.run, steps.c.step, steps.c.value).join(trials, trials.c.id == steps.c.trial_id)
    with database.read() as connection:
        own = (trials.c.sweep_id == sweep_id_of(connection, study, sweep), trials.c.number == number)
        rows = connection.execute(chosen.where(*own).order_by(steps.c.run, steps.c.step))
        return [(row.run, row.step, row.value) for row in rows]


def logs_of(database: Database, study: str, sweep: str, number: int) -> list[tuple[int, str]]:
    """What the runs of a trial printed last: (run, text), ordered; runs whose trainer sent nothing are left out.

    Raises:
        StudyNotFoundError: there is no such study, or it has no such sweep.
        StorageUnavailableError: the database cannot be reached.
    """
    chosen = sa.select(logs.c.run, logs.c.text).join(trials, trials.c.id == logs.c.trial_id)
    with database.read() as connection:
        own = (trials.c.sweep_id == sweep_id_of(connection, study, sweep), trials.c.number == number)
        return [(row.run, row.text) for row in connection.execute(chosen.where(*own).order_by(logs.c.run))]


def _require_open(connection: Connection, name: str) -> None:
    study = find(connection, name)
    if study.state in FINAL_STATES:
        raise StateError(f"study {name!r} is {StudyState(study.state).value} and hands out no more trials")
    if len(spec_of(study.spec).built_in) == len(spec_of(study.spec).contexts):
        text = f"study {name!r} has no external context"
        raise StateError(f"{text}: its trials are for `golden-worker`, so start one, or lease from another study")


def _lease(
    connection: Connection,
    *,
    worker: str,
    limit: int,
    seconds: float,
    names: Collection[str] | None,
    askers: int,
    key: idempotency.Key | None,
    digest: str,
) -> Batch | None:
    before = None if key is None else idempotency.answer_of(connection, key, digest)
    if before is not None:
        return _held_again(connection, before)
    batch = queue.claim_within(
        connection, worker=worker, limit=limit, lease_seconds=seconds, studies=names, external=True, askers=askers
    )
    if batch is not None and key is not None:
        answer = json.dumps([[trial.id, trial.token] for trial in batch.trials])
        idempotency.use(connection, key, digest, study=batch.study, at=now(connection), answer=answer)
    return batch


def _held_again(connection: Connection, answer: str) -> Batch | None:
    """The trials of an earlier answer that are still held under it."""
    tokens = dict(json.loads(answer))
    chosen = sa.select(trials.c.id, trials.c.token, trials.c.study_id, trials.c.lease_seconds)
    rows = connection.execute(chosen.where(trials.c.id.in_(tokens), schema.RUNNING)).all()
    mine = [row for row in rows if row.token == tokens[row.id]]
    if not mine:
        return None
    ids = [row.id for row in mine]
    return queue.batch_of(connection, mine[0].study_id, ids, lease_seconds=mine[0].lease_seconds)


def _owned(connection: Connection, ids: Collection[int] | Mapping[int, int], owner: str) -> dict[int, int]:
    """Those of the trials that this owner may act on, with the tokens that it showed; trials that are gone stay in."""
    tokens = dict(ids) if isinstance(ids, Mapping) else dict.fromkeys(ids, 0)
    chosen = sa.select(trials.c.id, trials.c.external, trials.c.worker).where(trials.c.id.in_(tokens))
    rows = connection.execute(chosen).all()
    others = {row.id for row in rows if not _may(row, owner)}
    return {trial_id: -1 if trial_id in others else token for trial_id, token in tokens.items()}


def _may(row: Any, owner: str) -> bool:
    return bool(row.external) and (row.worker is None or str(row.worker).startswith(f"{owner}/"))


def _report(connection: Connection, *, values: Sequence[StepValue], owner: str) -> list[int]:
    tokens = {each.id: each.token for each in values}
    held = {row.id: row for row in leases.held(connection, _owned(connection, tokens, owner))}
    kept = [(i, each) for i, each in enumerate(values) if each.id in held and each.token == held[each.id].token]
    problems = [
        Problem(f"trials.{i}.run", f"is {each.run}, and the trial's runs are 0 to {held[each.id].runs - 1}")
        for i, each in kept
        if each.run >= held[each.id].runs
    ]
    if problems:
        raise SpecError(problems)
    if kept:
        rows = [{"t": each.id, "r": each.run, "s": each.step, "v": each.value} for _, each in kept]
        connection.execute(_UPSERT, rows)
        for trial_id, run in sorted({(each.id, each.run) for _, each in kept}):
            _forget_early(connection, trial_id, run)
    return sorted(tokens.keys() - held.keys())


_UPSERT = sa.text(
    "INSERT INTO golden_steps (trial_id, run, step, value) VALUES (:t, :r, :s, :v) "
    "ON CONFLICT (trial_id, run, step) DO UPDATE SET value = excluded.value"
)


def _forget_early(connection: Connection, trial_id: int, run: int) -> None:
    """Delete the lowest steps of a run beyond `MOST_STEPS`."""
    own = (steps.c.trial_id == trial_id, steps.c.run == run)
    least = sa.select(steps.c.step).where(*own).order_by(steps.c.step.desc()).offset(MOST_STEPS - 1).limit(1)
    connection.execute(sa.delete(steps).where(*own, steps.c.step < least.scalar_subquery()))


def _finish(connection: Connection, *, endings: Sequence[Ending], owner: str) -> dict[int, bool]:
    """Record the results among the endings; True or False by their place in the list."""
    rows = _facts(connection, [each.id for each in endings])
    problems: list[Problem] = []
    results: dict[int, FinishedTrial] = {}
    for i, each in enumerate(endings):
        row = rows.get(each.id)
        if each.runs is None or row is None or row.token != each.token or not _may(row, owner):
            continue
        found = [Problem(f"trials.{i}.{field}", text) for field, text in _faults(row, each.runs)]
        problems += found
        if not found:
            runs = tuple(run for _, run in sorted(each.runs.items()))
            results[i] = FinishedTrial(queue.claimed(row.study, row), _scored(row, runs))
    if problems:
        raise SpecError(problems)
    recorded = finishing.finish_within(connection, results=list(results.values())) if results else []
    done = dict(zip(results, recorded, strict=True))
    _keep_logs(connection, [results[i] for i, is_recorded in done.items() if is_recorded])
    return done


def _keep_logs(connection: Connection, finished: Sequence[FinishedTrial]) -> None:
    """Keep the ends of what recorded runs printed; a request that is sent again writes the same once more."""
    rows = [
        {"t": each.trial.id, "r": index, "x": printable(run.log[-MOST_LOG:], keep="\n\t")[-MOST_LOG:]}
        for each in finished
        for index, run in enumerate(each.runs)
        if isinstance(run, ReportedRun) and run.log
    ]
    if rows:
        connection.execute(_UPSERT_LOG, rows)


_UPSERT_LOG = sa.text(
    "INSERT INTO golden_logs (trial_id, run, text) VALUES (:t, :r, :x) "
    "ON CONFLICT (trial_id, run) DO UPDATE SET text = excluded.text"
)


def _facts(connection: Connection, ids: Collection[int]) -> dict[int, sa.Row[Any]]:
    """Rows of `golden_trials` with the names of their sweep and study, and the study's document."""
    sweep, study = schema.sweeps.c, schema.studies.c
    joined = sa.join(trials, schema.sweeps, sweep.id == trials.c.sweep_id).join(
        schema.studies, study.id == trials.c.study_id
    )
    columns = (trials, sweep.name.label("sweep"), sweep.loss, study.name.label("study"), study.spec)
    rows = connection.execute(sa.select(*columns).select_from(joined).where(trials.c.id.in_(ids)))
    return {row.id: row for row in rows}


def _faults(row: sa.Row[Any], runs: Mapping[int, ReportedRun]) -> list[Problem]:
    """What is wrong with the results of a trial, by field."""
    if set(runs) != set(range(row.runs)):
        want = "run 0" if row.runs == 1 else f"runs 0 to {row.runs - 1}, each once"
        return [Problem("runs", f"must be {want}, got {', '.join(map(str, sorted(runs))) or 'none'}")]
    measure = spec_of(row.spec).measure_of(row.context)
    if measure is None:
        raise ValueError(f"trial {row.id} is external, and its context is not")
    return [
        Problem(f"runs.{place}.value", text)
        for place, run in enumerate(runs.values())
        if not run.diverged and run.value is not None and (text := measure.fault_of(run.value))
    ]


def _scored(row: sa.Row[Any], runs: Sequence[ReportedRun]) -> tuple[ReportedRun, ...]:
    """The runs, broken ones with the worst value of their measure."""
    measure = spec_of(row.spec).measure_of(row.context)
    worst = None if measure is None else measure.worst
    return tuple(replace(run, value=worst) if run.diverged else run for run in runs)


def _fail(connection: Connection, *, endings: Sequence[Ending], owner: str) -> list[bool]:
    tokens = _owned(connection, {each.id: each.token for each in endings}, owner)
    texts = {each.id: f"{FAILED}: {each.failed}" for each in endings}
    held = leases.held(connection, tokens)
    leases.end_attempts(connection, held, [texts[row.id] for row in held], at=now(connection))
    over = (TrialState.WAITING, TrialState.FAILED)  # where an earlier call ended this attempt
    chosen = sa.select(trials.c.id, trials.c.token, trials.c.state).where(trials.c.id.in_(tokens))
    rows = {row.id: row for row in connection.execute(chosen)}
    return [
        each.id in rows and rows[each.id].token == tokens[each.id] and rows[each.id].state in over for each in endings
    ]
