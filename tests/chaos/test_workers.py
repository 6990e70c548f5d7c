"""Workers that die, stall, hang, stop and fail (F1 to F12)."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from chaos import (
    Fleet,
    Ledger,
    attempts_beyond_first,
    finished,
    held,
    held_ids,
    quantiles,
    reaper,
    runs_done,
    states,
    submit,
)
from chaos import seconds_until as seconds
from invariants import check_at_rest, check_running, evidence_bytes
from noop_worker import start, start_hanging, submit_points, turn
from processes import wait_until

from service.client import Client
from studies.storage import queue, results, studies
from studies.storage.engine import Database

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

LEASE = 1.0  # seconds
REAP = 0.25
BOUND = LEASE + REAP  # a dead worker's trial waits again within this; a busy machine gets MERCY times as long
MERCY = 4
PATIENT = {"max_attempts": 20}


def test_f1_killed_mid_trial(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=400, limits=PATIENT)
    took: list[float] = []
    with reaper(url, every=REAP):
        for number in range(20):
            names = [f"t{number}w{i}" for i in range(5)]
            workers = [start(url, name, lease=LEASE, limit=1, seconds=60.0) for name in names]
            wait_until(lambda names=names: held(db, *names) == 5, what="claims")  # type: ignore[misc]
            time.sleep(LEASE / 2)  # past the first heartbeat
            for worker in workers:
                worker.kill()
            took += [seconds(lambda names=names: not held(db, *names), at_most=60, what="reaping")] * 5  # type: ignore[misc]
            check_running(db)
            for _ in names:  # else the same five would be killed until they have no attempts left
                turn(db, "mender", limit=10, lease=60.0, seconds=0.0)
        last = [start(url, f"last{i}", limit=50, seconds=0.0) for i in range(2)]
        wait_until(lambda: runs_done(db, "points") == 800, what="the budget")
    for worker in [*workers, *last]:
        worker.kill()
        worker.join(10)
    check_at_rest(db, "points")
    assert max(took) < MERCY * BOUND
    ledger.write("F1", "kill -9 mid-trial", n=len(took), bound_s=BOUND, lost=0, double=0, **quantiles(took))


def test_f2_killed_between_claim_and_first_heartbeat(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=40, limits=PATIENT)
    took: list[float] = []
    with reaper(url, every=REAP):
        for number in range(20):
            worker, claimed = start_hanging(url, f"w{number}", lease=LEASE)
            assert claimed.wait(30)
            worker.kill()
            took.append(seconds(lambda number=number: not held(db, f"w{number}"), at_most=60, what="reaping"))  # type: ignore[misc]
            worker.join(10)
            for _ in range(2):
                turn(db, "mender", limit=10, lease=60.0, seconds=0.0)
    assert (states(db, "points")["running"], states(db, "points")["failed"]) == (0, 0)
    assert max(took) < MERCY * BOUND
    ledger.write("F2", "killed before the first heartbeat", n=len(took), bound_s=BOUND, **quantiles(took))


def test_f3_last_worker_dies_and_the_service_reaps(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit_points(db, points=40, limits=PATIENT)
    base = fleet.service(url)
    with Client(base) as client:
        wait_until(lambda: _answers(client), what="the service")
        took = []
        for number in range(5):
            worker, claimed = start_hanging(url, f"w{number}", lease=LEASE)
            assert claimed.wait(30)
            worker.kill()
            worker.join(10)
            took.append(seconds(lambda number=number: not held(db, f"w{number}"), at_most=60, what="the service"))  # type: ignore[misc]
        assert client.study("points")["summary"]["trials_running"] == 0
        assert client.ready()["workers"] == 0, "the API says that nobody works"
    assert max(took) < MERCY * (LEASE + 0.5)
    ledger.write("F3", "last worker dies, service reaps", n=5, bound_s=LEASE + 0.5, **quantiles(took))


def test_f4_all_workers_killed_and_started_again(
    db: Database, url: str, fleet: Fleet, ledger: Ledger, undisturbed: bytes
) -> None:
    submit(db)
    options = ("--max-lanes", "2", "--lease-seconds", "2")
    for number in range(3):
        pair = [fleet.worker(url, *options) for _ in range(2)]
        goal = runs_done(db, "small") + 8
        wait_until(lambda goal=goal: runs_done(db, "small") >= goal, what=f"results of turn {number}")  # type: ignore[misc]
        for worker in pair:
            worker.kill()
    fleet.worker(url, *options)
    drained = seconds(lambda: finished(db, "small") == "complete", at_most=200, what="the study")
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    again = attempts_beyond_first(db, "small")
    ledger.write(
        "F4", "all workers killed, restarted", n=3, drained_s=round(drained, 1), trials_again=again, identical=1
    )


def test_f5_a_third_of_the_fleet_restarted_all_the_time(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=600, limits=PATIENT)
    fleet = [start(url, f"w{i}", lease=LEASE, seconds=0.2) for i in range(6)]
    killed = 0
    with reaper(url, every=REAP):
        until = time.monotonic() + 60
        while time.monotonic() < until and runs_done(db, "points") < 1200:
            time.sleep(1.0)
            for index in (killed % 6, (killed + 1) % 6):
                fleet[index].kill()
                fleet[index].join(10)
                fleet[index] = start(url, f"again{killed}", lease=LEASE, seconds=0.2)
                killed += 1
            check_running(db)
        wait_until(lambda: runs_done(db, "points") == 1200, what="the budget")
    for worker in fleet:
        worker.kill()
        worker.join(10)
    check_at_rest(db, "points")
    wasted = attempts_beyond_first(db, "points")
    ledger.write("F5", "2 of 6 workers killed each second", n=killed, trials=1200, trials_again=wasted)


def test_f6_zombies_are_fenced_off(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=80, limits=PATIENT)
    names = [f"zombie{i}" for i in range(10)]
    zombies = [start(url, name, lease=LEASE, seconds=0.5, limit=1) for name in names]
    late = 0
    for _ in range(4):
        wait_until(lambda: held(db, *names) == 10, what="claims")
        for zombie in zombies:
            os.kill(int(zombie.pid or 0), signal.SIGSTOP)
        theirs = held_ids(db, *names)
        time.sleep(2 * LEASE)
        taken = []  # reaps, and takes what the zombies had
        while (heir := queue.claim(db, worker="heir", limit=500, lease_seconds=60)) is not None:
            taken += heir.trials
        late += len(theirs & {trial.id for trial in taken})
        for zombie in zombies:
            os.kill(int(zombie.pid or 0), signal.SIGCONT)
        time.sleep(1.5)
        assert held(db, "heir") == len(taken), "a late write went through"
        queue.release(db, taken)
    assert late > 20
    assert all(zombie.is_alive() for zombie in zombies)
    wait_until(lambda: runs_done(db, "points") == 160, what="the budget")
    for zombie in zombies:
        zombie.kill()
        zombie.join(10)
    check_at_rest(db, "points")
    ledger.write("F6", "SIGSTOP past the lease, then SIGCONT", n=late, late_writes_accepted=0, workers_lost=0)


def test_f7_sigterm_hands_the_trials_back(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db, contexts=[{"name": "digits", "dataset": "digits", "epochs": 1000, "batch_size": 50}])
    exits, again = [], []
    for number in range(4):
        worker = fleet.worker(url, "--name", f"w{number}", "--max-lanes", "8")
        wait_until(lambda number=number: held(db, f"w{number}"), what="a claim")  # type: ignore[misc]
        time.sleep(0.5)
        worker.terminate()
        started = time.monotonic()
        assert worker.wait(60) == 0
        exits.append(time.monotonic() - started)
        again.append(seconds(lambda: states(db, "small")["running"] == 0, at_most=5, what="hand-back"))
    assert {row.attempts for row in results.trials_page(db, "small", limit=500).items} == {0}, "no attempt is counted"
    assert max(again) < 2
    ledger.write("F7", "SIGTERM in training", n=4, exit_max_s=round(max(exits), 2), next_claim_s=round(max(again), 2))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGQUIT, -3)])
def test_f8_second_signal_ends_at_once(
    db: Database, url: str, fleet: Fleet, ledger: Ledger, number: int, code: int
) -> None:
    submit(db, limits=PATIENT)
    worker = fleet.worker(url, "--name", "w", "--lease-seconds", "2", fault=("hang", 0))
    wait_until(lambda: held(db, "w"), what="a claim")
    time.sleep(1.0)
    worker.send_signal(number)
    if number != signal.SIGQUIT:
        time.sleep(0.5)
        assert worker.poll() is None, "the first one waits for the end of an epoch, which never comes here"
        worker.send_signal(number)
    assert worker.wait(30) == code
    assert "Traceback" not in fleet.log(worker)
    took = seconds(lambda: queue.reap(db) or not held(db, "w"), at_most=30, what="the lease's end")
    ledger.write("F8", f"second {signal.Signals(number).name}", n=1, exit_code=code, freed_s=round(took, 2))


def test_f9_hung_objective_times_out_and_its_process_ends(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db, limits={"max_attempts": 2, "trial_seconds": 10, "max_failed_share": 1.0})
    took = []
    for attempt in range(2):
        worker = fleet.worker(url, "--name", f"w{attempt}", fault=("hang", 0))
        wait_until(lambda attempt=attempt: held(db, f"w{attempt}"), what="a claim")  # type: ignore[misc]
        started = time.monotonic()
        while worker.poll() is None and time.monotonic() - started < 60:
            time.sleep(0.05)
        took.append(time.monotonic() - started)
        assert worker.returncode == 5, fleet.log(worker)
        assert held(db, f"w{attempt}") == 0, "given up before the end, not by the lease"
    errors = [row.error for row in results.trials_page(db, "small", limit=500).items if row.error]
    assert errors
    assert {error.split(":")[0] for error in errors} == {"timeout"}
    fleet.worker(url)
    wait_until(lambda: states(db, "small")["waiting"] == 0, what="the others")
    assert max(took) < 10 + 5 * MERCY
    ledger.write("F9", "hung objective, limit 10 s", n=2, exit_code=5, bound_s=15, max_s=round(max(took), 1))


def test_f10_poison_trial_is_given_up_and_spares_the_others(
    db: Database, url: str, fleet: Fleet, ledger: Ledger
) -> None:
    submit(db, losses=["golden"], limits={"max_attempts": 3, "max_failed_share": 0.5})
    deaths = 0
    with reaper(url, every=REAP):
        until = time.monotonic() + 200
        while states(db, "small")["failed"] == 0 and time.monotonic() < until:
            worker = fleet.worker(url, "--lease-seconds", "1", fault=("kill", 5))
            wait_until(lambda worker=worker: worker.poll() is not None or states(db, "small")["failed"])  # type: ignore[misc]
            deaths += worker.poll() is not None
        fleet.worker(url, "--lease-seconds", "1")
        wait_until(lambda: finished(db, "small"), what="the study")
    trials = [row for row in results.trials_page(db, "small", limit=500).items if row.state == "failed"]
    assert [(row.number, row.attempts) for row in trials] == [(5, 3)]
    assert deaths == 3, "as often as it has attempts"
    check_at_rest(db, "small", failed=1, budget=runs_done(db, "small"))
    ledger.write("F10", "trial that kills its worker", n=deaths, failed=1, spared=states(db, "small")["complete"])


def test_f11_raised_error_is_kept_and_spares_the_worker(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db, limits={"max_attempts": 2, "max_failed_share": 0.5})
    worker = fleet.worker(url, "--exit-when-idle", "1", fault=("raise", 3))
    assert worker.wait(200) == 0
    failed = [row for row in results.trials_page(db, "small", limit=500).items if row.state == "failed"]
    assert {(row.number, row.attempts) for row in failed} == {(3, 2)}
    assert all(str(row.error).startswith("raised: RuntimeError: the objective raised") for row in failed)
    assert studies.get(db, "small").summary.state == "complete"
    ledger.write("F11", "objective raises", n=len(failed) * 2, workers_lost=0, kept="class and message")


def test_f12_divergence_is_an_outcome(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    space = {"eta": {"low": 1e-4, "high": 100.0}}
    submit(db, search_space=space, contexts=[{"name": "digits", "dataset": "digits", "images": 300, "epochs": 2}])
    assert fleet.worker(url, "--exit-when-idle", "1").wait(200) == 0
    detail = studies.get(db, "small")
    assert detail.summary.trials_failed == 0
    assert detail.summary.runs_diverged > 0
    for sweep in detail.sweeps:
        columns = results.runs(db, "small", sweep.name)
        assert sweep.best is not None
        assert not columns.diverged[columns.trial == sweep.best.trial].any()
    json.loads(evidence_bytes(db, "small"))
    ledger.write("F12", "diverged runs", n=detail.summary.runs_diverged, failed=0, best=0)


def _answers(client: Client) -> bool:
    try:
        client.ready()
    except Exception:
        return False
    return True
