"""The worker's loop against real databases and real training: budgets, data that is missing, data that is broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from in_process import make_runner, submit
from leases import LEASE, pass_time
from noop_worker import submit_points
from processes import signal_another_thread
from waiting import exit_code, wait_until

from studies import golden
from studies.plan.procedure import expected_runs
from studies.records import TrialState
from studies.storage import listing, overview, queue, results, schema, studies
from studies.storage.engine import Database, open_database
from worker import lease
from worker.runner import Runner
from worker.training.engine import train_lanes
from worker.training.lanes import Drop, Fold, Lane, OnEpoch, Outcome, Progress, Setup


@pytest.mark.parametrize(("version", "arms"), [(2, 6), (3, 8)])
def test_a_study_is_worked_off_to_exactly_its_budget(
    database: Database, tmp_path: Path, version: int, arms: int
) -> None:
    spec = submit(database, schema_version=version)
    make_runner(database, tmp_path).run(idle_exit=0.2)
    summary = overview.get(database, "small").summary
    assert summary.state == "complete"
    assert expected_runs(spec) == 2 * (16 + 2 + 4 + 2 * arms)
    assert summary.runs_done == summary.runs_expected
    coincident = 0 if version == 2 else 2 * 2  # likeliest point and rival of each loss
    assert expected_runs(spec) - summary.runs_done in range(0, 2 * coincident + 1, 2)


def test_results_do_not_depend_on_how_runs_were_stacked(tmp_path: Path, sqlite_template: Path) -> None:
    tables = []
    for limit in (3, 64):
        path = tmp_path / f"{limit}.db"
        path.write_bytes(sqlite_template.read_bytes())
        db = open_database(f"sqlite:///{path}")
        submit(db)
        make_runner(db, tmp_path, stack_limit=limit).run(idle_exit=0.2)
        tables.append([results.runs(db, "small", f"{loss}@digits") for loss in ("golden", "cross_entropy")])
        db.dispose()
    for few, many in zip(*tables, strict=True):
        for column in ("trial", "eta", "alpha", "correct", "cross_entropy", "own_loss", "loss_area", "diverged"):
            np.testing.assert_array_equal(getattr(few, column), getattr(many, column))


def test_cross_validation_trains_every_fold_of_every_repeat(sqlite_url: str, tmp_path: Path) -> None:
    db = open_database(sqlite_url)
    claim = {"eta": golden.ETA, "alpha": golden.ALPHA}
    points = [{"eta": 0.1, "alpha": 0.0, "loss": "golden"}, claim]
    submit(db, design={"kind": "cross_validation", "points": points, "repeats": 2})
    make_runner(db, tmp_path).run(idle_exit=0.2)
    runs = results.runs(db, "small", "golden@digits")
    assert len(runs) == 2 * 2 * 3
    assert set(runs.run.tolist()) == {0, 1, 2}
    assert np.all(runs.n_test > 90)
    db.dispose()


def test_on_line_trainings_end_at_their_target_after_a_fraction_of_an_epoch(sqlite_url: str, tmp_path: Path) -> None:
    """The protocol of the DLR paper on small images: what a run reached, when, and the processor time it took."""
    db = open_database(sqlite_url)
    context = {"name": "digits", "dataset": "digits", "images": 600, "network": "logistic", "update_rule": "dlr"}
    context |= {"batch_size": 1, "epochs": 30, "evaluate_every": 20, "stop_at_target": True, "targets": "offset"}
    context |= {"patience": 5, "weight_decay": 0.0, "initialisation": "normal", "target_accuracy": 0.8}
    point = {"eta": 0.5, "alpha": 0.0}
    claim = {**point, "primary_loss": None, "objective": "epochs_to_target"}
    design = {"kind": "cross_validation", "points": [point], "repeats": 1}
    submit(db, claim=claim, losses=["sse"], contexts=[context], design=design)
    make_runner(db, tmp_path).run(idle_exit=0.2)
    runs = results.runs(db, "small", "sse@digits")
    assert (runs.accuracy >= 0.8).all()
    looks = runs.epochs_to_target * 400 / 20  # of 400 training images
    np.testing.assert_allclose(looks, np.rint(looks), rtol=1e-12)
    assert (runs.epochs_to_target % 1 > 0).any()
    assert (runs.epochs_to_target < 30).all() and (runs.cpu_seconds > 0).all()
    for row in listing.iter_runs(db, "small"):
        assert row.result is not None
        assert row.result.steps == round((row.result.epochs_to_target or 0) * 400)
    db.dispose()


def test_missing_data_is_named_before_anything_is_claimed(sqlite_url: str, tmp_path: Path) -> None:
    db = open_database(sqlite_url)
    submit(db, contexts=[{"name": "k", "dataset": "kmnist", "epochs": 1}])
    make_runner(db, tmp_path).run(idle_exit=0.2)
    detail = overview.get(db, "small")
    assert detail.summary.state == "queued"
    assert str(tmp_path) in detail.summary.note
    assert "ubyte" in detail.summary.note
    assert all(p.waiting == p.waiting + p.running + p.failed for s in detail.sweeps for p in s.phases)
    db.dispose()


def test_a_study_with_data_runs_past_one_without(sqlite_url: str, tmp_path: Path) -> None:
    db = open_database(sqlite_url)
    submit(db, name="stuck", contexts=[{"name": "k", "dataset": "kmnist", "epochs": 1}])
    submit(db)
    make_runner(db, tmp_path).run(idle_exit=0.2)
    assert overview.get(db, "small").summary.state == "complete"
    assert overview.get(db, "stuck").summary.state == "queued"
    db.dispose()


def put_broken_mnist(data_dir: Path) -> None:
    raw = data_dir / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (raw / f"{part}-{kind}-ubyte").write_bytes(b"not an IDX file")


def test_broken_data_is_seen_before_anything_is_claimed(sqlite_url: str, tmp_path: Path) -> None:
    db = open_database(sqlite_url)
    put_broken_mnist(tmp_path)
    submit(db, name="broken", contexts=[{"name": "m", "dataset": "mnist", "images": 200, "epochs": 1}])
    submit(db)
    make_runner(db, tmp_path, stack_limit=2).run(idle_exit=0.2)
    broken = overview.get(db, "broken").summary
    assert (broken.state, broken.trials_failed) == ("queued", 0), "another worker may have it whole"
    assert "is damaged" in broken.note
    assert overview.get(db, "small").summary.state == "complete"
    db.dispose()


def test_data_that_breaks_later_fails_the_study_with_its_reason_and_spares_the_worker(
    sqlite_url: str, tmp_path: Path
) -> None:
    db = open_database(sqlite_url)
    put_broken_mnist(tmp_path)
    submit(db, name="broken", contexts=[{"name": "m", "dataset": "mnist", "images": 200, "epochs": 1}])
    submit(db)
    runner = make_runner(db, tmp_path, stack_limit=2)
    runner.admission.read = lambda name, folder: "ab" * 32  # all was well when it looked
    runner.run(idle_exit=0.2)
    broken = overview.get(db, "broken").summary
    assert broken.state == "failed"
    assert "raised" in broken.note
    assert overview.get(db, "small").summary.state == "complete"
    db.dispose()


def act_after_epoch(monkeypatch: pytest.MonkeyPatch, epoch: int, act: Callable[[], None]) -> list[Progress]:
    """Lets something happen once, from within a real training; returns what the engine reports from then on."""
    seen: list[Progress] = []

    def train_and_act(lanes: list[Lane], setup: Setup, fold: Fold, *, on_epoch: OnEpoch) -> Outcome:
        def watch(progress: Progress) -> bool | Drop:
            seen.append(progress)
            if len(seen) == epoch:
                act()
            return on_epoch(progress)

        return train_lanes(lanes, setup, fold, on_epoch=watch)

    monkeypatch.setattr("worker.runner.train_lanes", train_and_act)
    return seen


def renewed_twice(runner: Runner) -> None:
    """Waits until the keeper has heard what became of its leases: the second renewal follows the first one's answer."""
    for _ in range(2):
        last = runner.status._last_beat
        wait_until(lambda last=last: runner.status._last_beat != last, what="a renewal")  # type: ignore[misc]


def test_a_cancelled_study_is_dropped_while_it_trains(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_database(sqlite_url)
    submit(db, contexts=[{"name": "digits", "dataset": "digits", "images": 300, "epochs": 1000, "batch_size": 50}])
    runner = make_runner(db, tmp_path)
    monkeypatch.setattr(lease, "LONGEST_PAUSE", 0.05)

    def cancel() -> None:
        studies.cancel(db, "small")
        renewed_twice(runner)

    seen = act_after_epoch(monkeypatch, 3, cancel)
    runner.run(idle_exit=0.1)
    assert [progress.epoch for progress in seen] == [1, 2, 3], "the other 997 epochs are not trained"
    summary = overview.get(db, "small").summary
    assert (summary.state, summary.runs_done, runner.status.snapshot().runs_done) == ("cancelled", 0, 0)
    db.dispose()


def test_a_trial_that_another_worker_took_leaves_the_stack_and_the_others_go_on(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_database(sqlite_url)
    context = {"name": "digits", "dataset": "digits", "images": 300, "epochs": 4, "batch_size": 50}
    submit_points(db, points=6, runs=2, losses=["golden"], contexts=[context], replication={"folds": 3})
    runner = make_runner(db, tmp_path)
    monkeypatch.setattr(lease, "LONGEST_PAUSE", 0.05)

    def steal_one() -> None:
        with db.begin() as connection:
            trial = schema.trials.c
            one = connection.execute(sa.select(trial.id, trial.deadline).where(schema.RUNNING)).first()
            assert one is not None
            values = {"worker": "thief", "token": trial.token + 1, "deadline": one.deadline + timedelta(hours=1)}
            connection.execute(sa.update(schema.trials).where(trial.id == one.id).values(**values))
        renewed_twice(runner)

    seen = act_after_epoch(monkeypatch, 2, steal_one)
    runner.run(idle_exit=0.1)
    assert [(p.epoch, p.lanes) for p in seen] == [(e, 6) for e in (1, 2, 3, 4)] + [(e, 5) for e in (1, 2, 3, 4)]
    assert [p.alive for p in seen][:4] == [6, 6, 5, 5]
    rows = listing.trials_page(db, "points", limit=500).items
    assert sorted(row.state for row in rows) == [TrialState.COMPLETE] * 5 + [TrialState.RUNNING]
    assert overview.get(db, "points").summary.runs_done == 10
    db.dispose()


def test_a_worker_takes_over_where_all_that_is_left_is_a_dead_ones(database: Database, tmp_path: Path) -> None:
    submit(database)
    assert queue.claim(database, worker="dead", limit=1000, lease_seconds=LEASE) is not None
    pass_time(database)
    make_runner(database, tmp_path).run(idle_exit=0.2)
    summary = overview.get(database, "small").summary
    assert (summary.state, summary.runs_done) == ("complete", summary.runs_expected)


def start_worker(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "worker.main", "--device", "cpu", "--poll-seconds", "0.1", *arguments]
    return subprocess.Popen(command, env={**os.environ, "GOLDEN_DATABASE_URL": url, "OMP_NUM_THREADS": "1"})


@pytest.mark.parametrize("thread", ["main", "another"])
def test_sigterm_hands_trials_back_at_once(database: Database, database_url: str, thread: str) -> None:
    # Long enough to be caught in training, cheap enough to stop within an epoch.
    submit(database, contexts=[{"name": "digits", "dataset": "digits", "epochs": 1000, "batch_size": 50}])
    process = start_worker(database_url)
    wait_until(lambda: overview.get(database, "small").summary.trials_running > 0, what="a claim")
    if thread == "main":
        process.send_signal(signal.SIGTERM)
    else:
        signal_another_thread(process.pid, signal.SIGTERM)
    assert exit_code(process) == 0
    rows = listing.trials_page(database, "small", limit=500).items
    assert {row.state for row in rows} == {TrialState.WAITING}
    assert {row.attempts for row in rows} == {0}
