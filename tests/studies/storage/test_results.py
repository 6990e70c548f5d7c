"""Results are read as they were stored: columns, pages, curves and the stream."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from asked import asked_of
from storage_farm import SLOW, claim_some, ended_at_chance, make_run, results_of, store_failures, submit

from studies.errors import StudyNotFoundError, TrialNotFoundError
from studies.storage import finishing, listing, overview, results, schema
from studies.storage.engine import Database
from studies.storage.snapshot import snapshot


def test_runs_are_columns_of_what_was_finished(database: Database) -> None:
    submit(database, points=3, runs=2)
    trials = claim_some(database).trials
    assert finishing.finish(database, results_of(trials[:2], diverged=True) + results_of(trials[2:])) == [True] * 6
    runs = results.runs(database, "first", "sse@paper")
    assert list(zip(runs.trial.tolist(), runs.run.tolist(), strict=True)) == [
        (i, j) for i in range(3) for j in range(2)
    ]
    assert runs.diverged.tolist() == [True, True, False, False, False, False]
    stored = {t.number: t for t in trials if t.loss == "sse"}
    for i, number in enumerate(runs.trial.tolist()):
        expected = make_run(stored[number], diverged=number == 0)
        assert (runs.eta[i], runs.alpha[i]) == (stored[number].eta, stored[number].alpha)
        for name in ("n_test", "correct", "accuracy", "error", "cross_entropy", "own_loss", "loss_area"):
            assert getattr(runs, name)[i] == getattr(expected, name)
        reached = expected.epochs_to_target
        assert np.isnan(runs.epochs_to_target[i]) if reached is None else runs.epochs_to_target[i] == reached
    assert runs.phase.tolist() == ["map"] * 6
    assert {name: column.dtype.kind for name, column in vars_of(runs).items()}["diverged"] == "b"


def test_fractions_of_epochs_and_processor_time_come_back(database: Database) -> None:
    submit(database, points=2)
    results_in = results_of(claim_some(database).trials)
    changed = [
        replace(r, runs=tuple(replace(run, epochs_to_target=0.77, cpu_seconds=1.25) for run in r.runs))
        if r.trial.number == 0
        else r
        for r in results_in
    ]
    assert all(finishing.finish(database, changed))
    runs = results.runs(database, "first", "sse@paper")
    assert (runs.epochs_to_target[0], runs.cpu_seconds[0]) == (0.77, 1.25)
    assert np.isnan(runs.cpu_seconds[1])
    rows = [row.result for row in listing.iter_runs(database, "first") if row.sweep == "sse@paper"]
    assert [(row.epochs_to_target, row.cpu_seconds) for row in rows[:1] if row] == [(0.77, 1.25)]
    broken = replace(changed[0], runs=(replace(changed[0].runs[0], cpu_seconds=float("nan")),))
    with pytest.raises(ValueError, match="not finite"):
        finishing.finish(database, [broken])


def vars_of(runs: object) -> dict[str, np.ndarray]:
    return {name: getattr(runs, name) for name in ("trial", "phase", "eta", "diverged")}


def test_runs_of_an_untouched_sweep_are_empty_columns(database: Database) -> None:
    submit(database)
    runs = results.runs(database, "first", "golden@paper")
    assert (len(runs), runs.trial.dtype, runs.diverged.dtype) == (0, np.int64, np.bool_)


def test_unknown_names_are_named(database: Database) -> None:
    submit(database)
    with pytest.raises(StudyNotFoundError, match="no sweep 'x@y'"):
        results.runs(database, "first", "x@y")
    with pytest.raises(StudyNotFoundError, match="'nobody'"):
        results.runs(database, "nobody", "x@y")
    with pytest.raises(StudyNotFoundError, match="'nobody'"):
        listing.iter_runs(database, "nobody")
    with pytest.raises(TrialNotFoundError, match="no trial 99"):
        results.curves(database, "first", "golden@paper", [0, 99])


def test_curves_come_back_exactly(database: Database) -> None:
    submit(database, points=2)
    trials = claim_some(database).trials
    finishing.finish(database, results_of(trials, diverged=True))
    (found,) = results.curves(database, "first", "sse@paper", [1])
    expected = make_run(next(t for t in trials if (t.loss, t.number) == ("sse", 1)), diverged=True)
    assert (found.trial, found.run) == (1, 0)
    assert found.accuracy == expected.accuracy_curve
    assert (found.cross_entropy, found.loss) == (expected.cross_entropy_curve, expected.loss_curve)
    assert results.curves(database, "first", "sse@paper", []) == []


def test_the_cause_of_each_failure_is_read_off_its_curves(database: Database) -> None:
    expected = store_failures(database)
    assert results.runs(database, "first", "sse@paper").cause.tolist() == expected
    assert [row.cause for row in listing.runs_page(database, "first", sweep="sse@paper").items] == expected
    shown = listing.trials_page(database, "first", sweep="sse@paper").items
    assert [row.causes for row in shown] == [{cause: 1} for cause in expected]
    detail, counts = overview.get(database, "first"), {"chance": 1, "diverged": 2, "untrained": 1}
    assert (detail.summary.causes, detail.summary.runs_diverged) == (counts, 4)
    assert [p.causes for s in detail.sweeps for p in s.phases] == [
        {} if s.loss == "golden" else counts for s in detail.sweeps
    ]
    assert snapshot(database).causes == counts


def test_runs_that_trained_have_no_cause_and_their_curves_are_not_read(database: Database) -> None:
    submit(database, points=3)
    trials = claim_some(database).trials
    finishing.finish(database, results_of(trials[1:]) + results_of(trials[:1], diverged=True))
    with database.engine.begin() as connection:
        connection.execute(sa.update(schema.curves).values(loss="no JSON", cross_entropy="no JSON"))
    found = results.runs(database, "first", f"{trials[0].loss}@paper")
    assert sorted(found.cause.tolist()) == ["", "", "diverged"]
    assert (found.cause != "").tolist() == found.diverged.tolist()


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["none at chance", "all at chance"])
def test_causes_cost_one_query_more_at_most(database: Database, share: float) -> None:
    submit(database, points=60)
    trials = claim_some(database, limit=200).trials
    finishing.finish(database, [ended_at_chance(trial, SLOW) for trial in trials] if share else results_of(trials))
    with asked_of(database) as statements:
        results.runs(database, "first", "sse@paper")
    assert sum("golden_curves" in statement for statement in statements) == int(share)
