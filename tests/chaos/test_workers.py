"""Workers that die, stall, hang, stop and fail (F1 to F12)."""

from __future__ import annotations

import json
import os
import random
import signal
import time

import pytest
from chaos import (
    ALLOWANCE,
    PLANTED,
    Fleet,
    Ledger,
    attempts_beyond_first,
    finished,
    freed,
    held,
    held_ids,
    holders,
    quantiles,
    reaper,
    runs_done,
    states,
    submit,
)
from chaos import seconds_until as seconds
from invariants import check_at_rest, check_running, evidence_bytes
from noop_worker import submit_points, turn
from planted_loop import check_results, dead, end, start, start_all
from waiting import exit_code, wait_until

from service.client import Client
from service.settings import Settings
from studies.storage import listing, overview, queue, results
from studies.storage.engine import Database
from studies.storage.read_models import ClaimedTrial
from worker.main import read_settings

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

LEASE = 1.0  # seconds
REAP = 0.25
BOUND = LEASE + REAP  # a dead worker's trial waits again within this
PATIENT = {"max_attempts": 20}


def test_f1_killed_mid_trial(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=400, limits=PATIENT)
    chance, took = random.Random(1), list[float]()
    with reaper(url, every=REAP):
        for number in range(20):
            names = [f"t{number}w{i}" for i in range(5)]
            workers = {name: start(url, name, lease=LEASE, limit=1, seconds=600.0) for name in names}
            wait_until(lambda names=names: held(db, *names) == 5, what="claims")  # type: ignore[misc]
            moments = {name: chance.uniform(0.0, LEASE) for name in names}  # any phase of the lease
            took += freed(db, workers, moments, at_most=60)
            check_running(db)
            for _ in names:  # else the same five would be killed until they have no attempts left
                turn(db, "mender", limit=10, lease=60.0, seconds=0.0)
        last = [start(url, f"last{i}", limit=50, seconds=0.0) for i in range(2)]
        wait_until(lambda: runs_done(db, "points") == 800, what="the budget")
    end([*workers.values(), *last])
    check_at_rest(db, "points")
    check_results(db, "points")
    assert max(took) < BOUND + ALLOWANCE
    what = "kill -9 mid-trial, at a random moment of the lease"
    ledger.write("F1", what, n=len(took), worker=PLANTED, bound_s=BOUND, lost=0, double=0, **quantiles(took))


def test_f1_at_the_shipped_lease(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    lease = read_settings([]).lease_seconds
    tick = float(Settings.model_fields["tick_seconds"].default)
    submit(db, contexts=[{"name": "digits", "dataset": "rotated-digits", "epochs": 1000}], limits=PATIENT)
    fleet.service(url, GOLDEN_TICK_SECONDS=str(tick))
    names, chance = ("w0", "w1", "w2"), random.Random(2)
    workers = {name: fleet.worker(url, "--name", name, "--max-lanes", "2") for name in names}
    wait_until(lambda: holders(db) == set(names), what="claims")
    moments = {name: chance.uniform(0.0, lease / 2) for name in names}
    took = freed(db, workers, moments, at_most=3 * lease)
    check_running(db)
    assert states(db, "small")["running"] == 0
    assert max(took) < lease + tick + ALLOWANCE
    what = "kill -9 mid-trial, lease and service as shipped"
    ledger.write("F1", what, n=len(took), bound_s=lease + tick, **quantiles(took))


def test_f2_killed_between_claim_and_first_heartbeat(db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=40, limits=PATIENT)
    took: list[float] = []
    with reaper(url, every=REAP):
        for number in range(30):
            worker = start(url, f"w{number}", lease=LEASE, limit=2, dies_holding=True)
            exit_code(worker)
            took.append(seconds(lambda number=number: not held(db, f"w{number}"), at_most=60, what="reaping"))  # type: ignore[misc]
            assert worker.exitcode == -signal.SIGKILL
            assert max(row.attempts for row in listing.trials_page(db, "points", limit=500).items) > 0, "it had a claim"
            for _ in range(2):
                turn(db, "mender", limit=10, lease=60.0, seconds=0.0)
    assert (states(db, "points")["running"], states(db, "points")["failed"]) == (0, 0)
    assert runs_done(db, "points") == 60, "two trials each time, mended"
    assert max(took) < BOUND + ALLOWANCE
    ledger.write(
        "F2", "killed before the first heartbeat", n=len(took), worker=PLANTED, bound_s=BOUND, **quantiles(took)
    )


def test_f3_last_worker_dies_and_the_service_reaps(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit_points(db, points=100, limits=PATIENT)
    base = fleet.service(url)
    with Client(base) as client:
        wait_until(lambda: _answers(client), what="the service")
        took = []
        for number in range(20):
            worker = start(url, f"w{number}", lease=LEASE, limit=2, dies_holding=True)
            exit_code(worker)
            took.append(seconds(lambda number=number: not held(db, f"w{number}"), at_most=60, what="the service"))  # type: ignore[misc]
            for _ in range(2):
                turn(db, "mender", limit=10, lease=60.0, seconds=0.0)
        assert client.study("points").summary.trials_running == 0
        wait_until(lambda: client.ready().workers == 0, seconds=90, what="the API to say that nobody works")
    assert max(took) < LEASE + 0.5 + ALLOWANCE
    bound = LEASE + 0.5
    ledger.write("F3", "last worker dies, service reaps", n=len(took), worker=PLANTED, bound_s=bound, **quantiles(took))


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
        until = time.monotonic() + 120
        while time.monotonic() < until and runs_done(db, "points") < 1200:
            time.sleep(1.0)
            for index in (killed % 6, (killed + 1) % 6):
                end([fleet[index]])
                fleet[index] = start(url, f"again{killed}", lease=LEASE, seconds=0.2)
                killed += 1
            check_running(db)
        wait_until(lambda: runs_done(db, "points") == 1200, what="the budget")
    end(fleet)
    check_at_rest(db, "points")
    check_results(db, "points")
    wasted = attempts_beyond_first(db, "points")
    what = "2 of 6 workers killed each second"
    ledger.write("F5", what, n=killed, worker=PLANTED, trials=1200, trials_again=wasted)


def test_f6_zombies_are_fenced_off(db: Database, url: str, ledger: Ledger) -> None:
    names = [f"zombie{i}" for i in range(10)]
    zombies = start_all(db, url, names, lease=LEASE, seconds=1.0, limit=1)
    submit_points(db, points=200, limits=PATIENT)
    late, rounds = 0, 0
    while late < 100 and rounds < 15:
        wait_until(lambda: len(holders(db)) >= 8, what="claims of nearly all")
        for zombie in zombies:
            os.kill(int(zombie.pid or 0), signal.SIGSTOP)
        theirs = held_ids(db, *names)
        time.sleep(2 * LEASE)
        taken = _take_all(db, "heir")
        late += len(theirs & {trial.id for trial in taken})
        for zombie in zombies:
            os.kill(int(zombie.pid or 0), signal.SIGCONT)
        time.sleep(2.0)  # they finish what they think is theirs
        assert held(db, "heir") == len(taken), "a late write went through"
        queue.release(db, taken)
        rounds += 1
    assert late >= 100
    assert dead(zombies) == []
    wait_until(lambda: runs_done(db, "points") == 400, seconds=300, what="the budget")
    end(zombies)
    check_at_rest(db, "points")
    check_results(db, "points")
    what = "SIGSTOP past the lease, then SIGCONT"
    ledger.write("F6", what, n=late, worker=PLANTED, late_writes_accepted=0, workers_lost=0)


def _take_all(db: Database, name: str) -> list[ClaimedTrial]:
    """Reaps, and claims whatever waits."""
    taken: list[ClaimedTrial] = []
    while (batch := queue.claim(db, worker=name, limit=500, lease_seconds=60)) is not None:
        taken += batch.trials
    return taken


def test_f7_sigterm_hands_the_trials_back(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db, contexts=[{"name": "digits", "dataset": "digits", "epochs": 1000, "batch_size": 50}])
    exits, again = [], []
    for number in range(4):
        worker = fleet.worker(url, "--name", f"w{number}", "--max-lanes", "8")
        wait_until(lambda number=number: held(db, f"w{number}"), what="a claim")  # type: ignore[misc]
        time.sleep(0.5)
        worker.terminate()
        started = time.monotonic()
        assert exit_code(worker) == 0
        exits.append(time.monotonic() - started)
        again.append(seconds(lambda: states(db, "small")["running"] == 0, at_most=5, what="hand-back"))
    assert {row.attempts for row in listing.trials_page(db, "small", limit=500).items} == {0}, "no attempt is counted"
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
    assert exit_code(worker) == code
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
    errors = [row.error for row in listing.trials_page(db, "small", limit=500).items if row.error]
    assert errors
    assert {error.split(":")[0] for error in errors} == {"timeout"}
    fleet.worker(url)
    wait_until(lambda: states(db, "small")["waiting"] == 0, what="the others")
    assert max(took) < 10 + 5 + ALLOWANCE
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
            wait_until(lambda worker=worker: worker.poll() is not None or states(db, "small")["failed"], what="a death")  # type: ignore[misc]
            deaths += worker.poll() is not None
        fleet.worker(url, "--lease-seconds", "1")
        wait_until(lambda: finished(db, "small"), what="the study")
    trials = [row for row in listing.trials_page(db, "small", limit=500).items if row.state == "failed"]
    assert [(row.number, row.attempts) for row in trials] == [(5, 3)]
    assert deaths == 3, "as often as it has attempts"
    check_at_rest(db, "small", failed=1, budget=runs_done(db, "small"))
    ledger.write("F10", "trial that kills its worker", n=deaths, failed=1, spared=states(db, "small")["complete"])


def test_f11_raised_error_is_kept_and_spares_the_worker(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    submit(db, limits={"max_attempts": 2, "max_failed_share": 0.5})
    worker = fleet.worker(url, "--exit-when-idle", "1", fault=("raise", 3))
    assert exit_code(worker) == 0
    failed = [row for row in listing.trials_page(db, "small", limit=500).items if row.state == "failed"]
    assert {(row.number, row.attempts) for row in failed} == {(3, 2)}
    assert all(str(row.error).startswith("raised: RuntimeError: the objective raised") for row in failed)
    assert overview.get(db, "small").summary.state == "complete"
    ledger.write("F11", "objective raises", n=len(failed) * 2, workers_lost=0, kept="class and message")


def test_f12_divergence_is_an_outcome(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    space = {"eta": {"low": 1e-4, "high": 100.0}}
    submit(db, search_space=space, contexts=[{"name": "digits", "dataset": "digits", "images": 300, "epochs": 2}])
    assert exit_code(fleet.worker(url, "--exit-when-idle", "1")) == 0
    detail = overview.get(db, "small")
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
