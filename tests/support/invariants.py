"""Invariants that hold after any fault, checked on the tables themselves.

I1  at rest nothing is running, and nothing running is without a deadline
I2  each trial that is complete has each of its runs exactly once, with the seeds that were planned
I3  trial numbers are 0 ... n-1, ours and Optuna's
I4  counted = budget: runs done, trials planned and every counter of the study
I5  a trial's value is the mean of its stored runs, in our tables and in Optuna's
I6  the report equals the undisturbed one byte for byte, but for `submitted_at`, the time of the submission
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from studies.judgement import report
from studies.language.spec import canonical_json
from studies.records import Cause, TrialState
from studies.storage import causes, overview, schema
from studies.storage.engine import Database
from studies.storage.planning import spec_of

VOLATILE = ("submitted_at",)  # fields of a report that are no evidence


def check_at_rest(db: Database, study: str, *, budget: int | None = None, failed: int = 0) -> None:
    """I1 to I5 for a study that no worker works on any more.

    Args:
        budget: runs that must have been counted; None: all that were planned.
        failed: trials that must have failed.
    """
    with db.read() as connection:
        row = connection.execute(sa.select(schema.studies).where(schema.studies.c.name == study)).one()
        trials = connection.execute(
            sa.select(schema.trials).where(schema.trials.c.study_id == row.id).order_by(schema.trials.c.id)
        ).all()
        runs = connection.execute(
            sa.select(schema.runs)
            .join(schema.trials, schema.trials.c.id == schema.runs.c.trial_id)
            .where(schema.trials.c.study_id == row.id)
        ).all()
        sweeps = connection.execute(sa.select(schema.sweeps).where(schema.sweeps.c.study_id == row.id)).all()
        why = causes.of_runs(connection, schema.trials.c.study_id == row.id, spec_of(row.spec))
        mirrored = {s.id: _optuna(connection, s.optuna_study_id) for s in sweeps}
    by_trial: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for run in runs:
        by_trial[run.trial_id].append(run)
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    assert [t.id for t in trials if t.state == TrialState.RUNNING] == [], "I1"
    for trial in complete:
        _check_trial(trial, by_trial[trial.id], why)
    assert len(runs) == sum(t.runs for t in complete), "I2: runs of trials that are not complete"
    for sweep in sweeps:
        _check_numbers(sweep, trials, mirrored[sweep.id])
    counted = {
        "runs_done": len(runs),
        **_failed(runs, why),
        "trials_total": len(trials),
        "trials_running": 0,
        "trials_failed": failed,
    }
    assert {name: getattr(row, name) for name in counted} == counted, "I4: a counter has drifted"
    assert sum(t.state == TrialState.FAILED for t in trials) == failed, "I4"
    assert len(runs) == (sum(t.runs for t in trials) if budget is None else budget), "I4"
    if budget is None:
        assert len(runs) == row.runs_expected, "I4: the budget"


def check_running(db: Database) -> None:
    """I1 while work goes on: every trial that is held has a deadline."""
    with db.read() as connection:
        held = sa.select(sa.func.count()).where(
            schema.trials.c.state == TrialState.RUNNING.value, schema.trials.c.deadline.is_(None)
        )
        assert connection.execute(held).scalar_one() == 0, "I1"


def evidence_bytes(db: Database, study: str) -> bytes:
    """I6: the report as it is compared."""
    found = report(db, study)
    assert found["state"] == overview.get(db, study).summary.state
    return comparable(found)


def comparable(report: Mapping[str, Any]) -> bytes:
    """A report without the time of its submission."""
    return canonical_json({key: value for key, value in report.items() if key not in VOLATILE}).encode()


def _failed(runs: Sequence[sa.Row[Any]], why: Mapping[tuple[int, int], Cause]) -> dict[str, int]:
    """Failed runs as the counters of trials and studies have them: all, and by cause as their curves say."""
    failed = [(run.trial_id, run.run) for run in runs if run.diverged_at is not None]
    return {"runs_diverged": len(failed), **causes.counters(Counter(why[key] for key in failed))}


def _check_trial(trial: sa.Row[Any], runs: list[sa.Row[Any]], why: Mapping[tuple[int, int], Cause]) -> None:
    planned = [tuple(seeds) for seeds in json.loads(trial.replicates)]
    stored = [(r.split, r.fold, r.order_seed, r.init_seed) for r in sorted(runs, key=lambda r: r.run)]
    assert stored == planned, "I2: not the runs that were planned"
    expected = _failed(runs, why)
    assert {name: getattr(trial, name) for name in expected} == expected, "I5"
    values = [r.accuracy if r.value is None else r.value for r in runs]
    assert math.isclose(trial.value, math.fsum(values) / len(runs), rel_tol=1e-12), "I5"


def _check_numbers(sweep: sa.Row[Any], trials: list[sa.Row[Any]], mirrored: dict[int, float | None]) -> None:
    own = [t for t in trials if t.sweep_id == sweep.id]
    assert sorted(t.number for t in own) == list(range(sweep.trials)), "I3"
    final = [t for t in own if t.state in (TrialState.COMPLETE, TrialState.FAILED)]
    assert {t.number for t in final} == mirrored.keys(), "I3: Optuna has other trials"
    for trial in final:
        assert mirrored[trial.number] == trial.value, "I5: Optuna says otherwise"


def _optuna(connection: sa.Connection, study_id: int) -> dict[int, float | None]:
    """Values by our trial number; Optuna's own numbers, given out in the order of finishing, must be dense."""
    text = (
        "SELECT t.number, v.value, a.value_json AS ours FROM trials t "
        "JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.key = 'golden_trial' "
        "LEFT JOIN trial_values v ON v.trial_id = t.trial_id WHERE t.study_id = :id ORDER BY t.number"
    )
    rows = connection.execute(sa.text(text), {"id": study_id}).all()
    assert [row.number for row in rows] == list(range(len(rows))), "I3: Optuna's numbers"
    values = {int(row.ours): row.value for row in rows}
    assert len(values) == len(rows), "I2: a trial has two rows in Optuna"
    return values
