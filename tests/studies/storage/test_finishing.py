"""Results are recorded once, whole, and under the token of the latest claim alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from leases import LEASE, pass_time
from storage_farm import claim_some, drain, make_run, results_of, submit

from studies.records import StudyState
from studies.storage import finishing, overview, queue
from studies.storage.engine import Database, open_database
from studies.storage.read_models import FinishedTrial
from studies.storage.run_rows import objective_value


def test_finish_stores_values_and_counts(database: Database) -> None:
    submit(database, points=3, runs=2)
    assert drain(database) == 6
    detail = overview.get(database, "first")
    assert (detail.summary.state, detail.summary.runs_done, detail.summary.trials_running) == (
        StudyState.RUNNING,
        12,
        0,
    )
    assert [p.complete for s in detail.sweeps for p in s.phases] == [3, 3]
    assert all(s.phases_done == ("map",) and s.best is not None for s in detail.sweeps)


def test_diverged_run_completes_its_trial(database: Database) -> None:
    submit(database, points=1)
    batch = claim_some(database)
    assert finishing.finish(database, results_of(batch.trials, diverged=True)) == [True, True]
    detail = overview.get(database, "first")
    assert (detail.summary.runs_diverged, detail.summary.trials_failed) == (2, 0)
    assert detail.sweeps[0].best is None


def test_finishing_twice_changes_nothing(database: Database) -> None:
    submit(database, points=2)
    results = results_of(claim_some(database).trials)
    assert finishing.finish(database, results) == [True] * 4
    before = overview.revision(database, "first")
    assert finishing.finish(database, results) == [True] * 4
    assert overview.revision(database, "first") == before
    assert overview.get(database, "first").summary.runs_done == 4


def test_reaped_result_counts_while_nobody_has_begun_it_again(database: Database) -> None:
    submit(database, points=2)
    trials = claim_some(database, 4, lease=LEASE).trials
    pass_time(database)
    assert queue.reap(database) == 4
    assert finishing.finish(database, results_of(trials[:2])) == [True, True]
    assert len(claim_some(database).trials) == 2
    assert finishing.finish(database, results_of(trials[2:])) == [False, False]
    summary = overview.get(database, "first").summary
    assert (summary.runs_done, summary.trials_running) == (2, 2)


def test_finish_refuses_the_wrong_number_of_runs(database: Database) -> None:
    submit(database, points=1, runs=2)
    trial = claim_some(database).trials[0]
    with pytest.raises(ValueError, match="2 replicates but 1 runs"):
        finishing.finish(database, [FinishedTrial(trial, (make_run(trial),))])


def test_counters_never_drift_when_a_study_fails_under_a_finisher(database: Database) -> None:
    submit(database, points=3, limits={"max_attempts": 1, "max_failed_share": 0.0})
    trials = claim_some(database, 6).trials
    assert queue.fail(database, trials[0], kind="timeout", message="too slow")
    assert finishing.finish(database, results_of(trials[1:])) == [False] * 5
    queue.release(database, trials[1:])
    assert overview.get(database, "first").summary.trials_running == 0


@pytest.mark.parametrize(("curve", "value"), [([0.1] * 30, 31.0), ([0.1, 0.1], 31.0), ([0.1] * 40, 41.0)])
def test_a_run_that_gave_up_early_never_counts_as_faster(sqlite_url: str, curve: list[float], value: float) -> None:
    database = open_database(sqlite_url)
    submit(database, points=1)
    run = replace(make_run(claim_some(database).trials[0]), epochs_to_target=None, accuracy_curve=tuple(curve))
    assert objective_value(run, "epochs_to_target", 30) == value
    database.dispose()
