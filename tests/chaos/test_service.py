"""Jumping clocks, other time zones, a service killed, clients that repeat themselves, studies that go (F33 to F38)."""

from __future__ import annotations

import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from chaos import (
    NONE,
    PLANTED,
    STUDY,
    Fleet,
    Ledger,
    attempts_beyond_first,
    finished,
    held,
    runs_done,
    states,
    submit,
)
from invariants import check_at_rest, evidence_bytes
from noop_worker import submit_points
from planted_loop import check_results, end, start
from waiting import join_all, wait_until

from service.client import Client, ClientError
from studies.language.spec import parse
from studies.storage import overview, schema, studies
from studies.storage.engine import Database

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def ready(client: Client) -> bool:
    try:
        return bool(client.ready())
    except ClientError:
        return False


def wrong_clock(file: Path) -> dict[str, str]:
    """Environment of a process whose wall clock is what the file says, and whose monotonic clock is right."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
def test_f33_clocks_that_jump_an_hour_reap_nobody(
    db: Database, url: str, fleet: Fleet, ledger: Ledger, tmp_path: Path, undisturbed: bytes
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0s")
    submit(db)
    with Client(fleet.service(url, **wrong_clock(clock))) as client:
        wait_until(lambda: ready(client), what="the service")
        options = ("--max-lanes", "1", "--lease-seconds", "30")
        workers = [fleet.worker(url, *options, **wrong_clock(clock)), fleet.worker(url, *options)]
        wait_until(lambda: runs_done(db, "small") > 2, what="a first result")
        jumps = 0
        for jump in itertools.cycle(("+1h", "-1h", "+0s")):
            clock.write_text(jump)
            jumps += 1
            time.sleep(0.5)
            if finished(db, "small"):
                break
        assert [w.poll() for w in workers] == [None, None]
    assert attempts_beyond_first(db, "small") == 0, "a lease was reaped"
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    assert negative_durations(db) == 0
    ledger.write("F33", "worker's and service's clocks jump by an hour", n=jumps, false_reaps=0, negative_durations=0)


def negative_durations(db: Database) -> int:
    t = schema.trials.c
    with db.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(t.finished_at < t.started_at)).scalar_one())


def test_f34_time_zones_do_not_show(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    submit(db)
    for zone in ("Asia/Tokyo", "America/St_Johns"):
        fleet.worker(url, "--max-lanes", "2", TZ=zone)
    wait_until(lambda: finished(db, "small"), what="the study")
    ended = datetime.now(UTC) + timedelta(seconds=1)
    with db.read() as connection:
        ours = connection.execute(sa.select(schema.trials.c.started_at, schema.trials.c.finished_at)).all()
        text = "SELECT datetime_start, datetime_complete FROM trials"  # Optuna's: UTC without a zone
        theirs = [[x.replace(tzinfo=UTC) for x in row] for row in connection.execute(sa.text(text))]
        names = connection.execute(sa.select(sa.func.count(sa.distinct(schema.trials.c.worker)))).scalar_one()
    stamps = [stamp for row in [*ours, *theirs] for stamp in row]
    assert all(began <= stamp <= ended for stamp in stamps)
    ledger.write("F34", f"{names} workers in other time zones", n=len(stamps), wrong=0)


def test_f35_service_killed_while_it_stores_a_study(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    chance, rounds, stored_before_death = random.Random(5), 20, 0
    for number in range(rounds):
        spec = parse({**STUDY, "name": f"study-{number}"})
        with Client(fleet.service(url)) as client:
            wait_until(lambda client=client: ready(client), what="the service")  # type: ignore[misc]
            sender = threading.Thread(target=_try_to_submit, args=(client, spec, f"key-{number}"))
            sender.start()
            time.sleep(chance.uniform(0.0, 0.12))
            fleet.started[-1].kill()
            join_all(sender)
        stored_before_death += len(overview.list_page(db, limit=50).items) > number
        with Client(fleet.service(url)) as client:
            wait_until(lambda client=client: ready(client), what="the service")  # type: ignore[misc]
            client.submit(spec, idempotency_key=f"key-{number}")
        fleet.started[-1].kill()
    page = overview.list_page(db, limit=50).items
    assert len(page) == rounds
    whole = sum(phase.waiting for sweep in overview.get(db, "study-0").sweeps for phase in sweep.phases)
    counts = [states(db, study.name)["waiting"] for study in page]
    assert counts == [whole] * rounds, "none is half a study"
    figures = {"stored_before_death": stored_before_death, "twice": 0}
    ledger.write("F35", "service killed during a submission", n=rounds, worker=NONE, **figures)


def _try_to_submit(client: Client, spec: object, key: str) -> None:
    try:
        client.submit(spec, idempotency_key=key)  # type: ignore[arg-type]
    except ClientError:
        return


def test_f36_repeated_submissions_make_one_study(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    base = fleet.service(url)
    with Client(base) as client:
        wait_until(lambda: ready(client), what="the service")
    spec, other = parse(STUDY), parse({**STUDY, "seed": 7})

    def send(_: int) -> str:
        with Client(base) as client:
            return str(client.submit(spec, idempotency_key="one").summary.claim_hash)

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(50)))
    assert answers == {spec.claim_hash}
    with Client(base) as client, pytest.raises(ClientError) as refused:
        client.submit(other, idempotency_key="one")
    assert refused.value.status in (409, 422)
    assert len(overview.list_page(db, limit=50).items) == 1
    ledger.write("F36", "the same submission, ten at a time", n=50, worker=NONE, studies=1)


def test_f37_a_study_deleted_under_its_workers(db: Database, url: str, fleet: Fleet, ledger: Ledger) -> None:
    workers = [fleet.worker(url, "--name", f"w{i}", "--max-lanes", "4", "--lease-seconds", "3") for i in range(2)]
    long = [{"name": "digits", "dataset": "digits", "epochs": 1000, "batch_size": 50}]
    for _ in range(3):
        submit(db, name="doomed", contexts=long)
        wait_until(lambda: held(db, "w0") and held(db, "w1"), what="claims")
        studies.delete(db, "doomed")
    submit(db)
    wait_until(lambda: finished(db, "small"), what="the next study")
    assert [w.poll() for w in workers] == [None, None]
    check_at_rest(db, "small")
    with db.read() as connection:
        counts = [
            connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("golden_studies", "studies", "golden_trials", "trials", "golden_runs", "golden_curves")
        ]
    assert counts[:2] == [1, 2]
    assert counts[2] == counts[3], "trials of the deleted study are left"
    assert counts[4] == counts[5] == runs_done(db, "small")
    ledger.write("F37", "study deleted while it trains", n=3, workers_lost=0, orphan_rows=0)


@pytest.mark.parametrize("count", [1, 6, 64])
def test_f38_the_budget_is_never_overshot(db: Database, url: str, ledger: Ledger, count: int) -> None:
    submit_points(db, points=100, limits={"max_attempts": 20})
    overshoot = 0
    for round_ in range(3):  # as often started again, after the end too
        workers = [start(url, f"r{round_}w{i}", limit=3, lease=1.0, seconds=0.02) for i in range(count)]
        goal = (100, 200, 200)[round_]
        wait_until(lambda goal=goal: runs_done(db, "points") >= goal, what="the budget")  # type: ignore[misc]
        time.sleep(0.5)
        end(workers)
        overshoot = max(overshoot, runs_done(db, "points") - 200)
    check_at_rest(db, "points")
    check_results(db, "points")
    assert overshoot == 0
    what = f"{count} workers race for the last trials, restarted twice"
    ledger.write("F38", what, n=200, worker=PLANTED, overshoot=overshoot)
