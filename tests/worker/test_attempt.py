"""Trials trained together, some of which are called off on the way."""

from __future__ import annotations

from leases import LEASE
from noop_worker import run_of, submit_points

from studies.storage import queue
from studies.storage.engine import Database
from studies.storage.read_models import Beat
from worker.attempt import Attempt
from worker.lease import LeaseKeeper, LeaseState


def attempt_at(database: Database, trials: int) -> Attempt:
    submit_points(database, points=10)
    batch = queue.claim(database, worker="tester", limit=trials, lease_seconds=LEASE)
    assert batch is not None
    beat = Beat(frozenset(), frozenset(), drain=False)
    keeper = LeaseKeeper(lambda held: beat, batch.trials, lease_seconds=LEASE, claimed_at=0.0)
    return Attempt(batch, batch.trials, keeper)


def test_a_trial_without_a_result_is_wanted_no_more(database: Database) -> None:
    attempt = attempt_at(database, 4)
    first, second, third, fourth = attempt.trials
    runs = [run_of(trial, trial.replicates[0]) for trial in attempt.trials]
    attempt.add([runs[0], None, runs[2], runs[3]])
    assert attempt.wanted == [first, third, fourth]
    attempt.add([runs[0], None, runs[3]])
    assert [(f.trial, len(f.runs)) for f in attempt.finished()] == [(first, 2), (fourth, 2)]
    assert attempt.is_whole_batch, "what is called off does not make it another batch"
    assert not Attempt(attempt.batch, (second,), attempt.keeper).is_whole_batch


def test_places_are_those_among_the_wanted(database: Database) -> None:
    attempt = attempt_at(database, 4)
    runs = [run_of(trial, trial.replicates[0]) for trial in attempt.trials]
    attempt.add([None, *runs[1:]])
    gone = LeaseState(
        lost=frozenset({attempt.trials[0].id, attempt.trials[1].id}),
        stop=frozenset({attempt.trials[3].id}),
        drain=False,
        expired=False,
    )
    assert attempt.unwanted(gone) == {0, 2}
