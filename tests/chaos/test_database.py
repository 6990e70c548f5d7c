"""A database that restarts, crashes, goes away, loses answers, stalls and fills up (F16 to F30, F42)."""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest
import sqlalchemy as sa
from chaos import NONE, PLANTED, Fleet, Ledger, attempts_beyond_first, finished, quantiles, runs_done, submit
from chaos import seconds_until as seconds
from invariants import check_at_rest, check_running, evidence_bytes
from noop_worker import submit_points, turn
from planted_loop import check_results, dead, end, start, start_all
from postgres_server import PostgresServer, postgres_server
from processes import BIN, environment
from tcp_proxy import TcpProxy, tcp_proxy
from waiting import exit_code, join_all, wait_until

from studies.storage import queue, schema
from studies.storage.engine import Database, open_database

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
PATIENT = {"max_attempts": 20}
DEADLOCKED = 300  # trials


@pytest.fixture
def proxy(server: PostgresServer) -> Iterator[TcpProxy]:
    with tcp_proxy(server.port) as running:
        yield running


def through(server: PostgresServer, proxy: TcpProxy, url: str) -> str:
    return server.url(url.rpartition("/")[2], port=proxy.port)


@pytest.mark.parametrize(("mode", "count"), [("fast", 50), ("immediate", 100)])
def test_f16_f18_restarts(
    server: PostgresServer, db: Database, url: str, ledger: Ledger, mode: str, count: int
) -> None:
    points = 40 * count
    submit_points(db, points=points, limits=PATIENT)
    workers = [start(url, f"w{i}", limit=2, lease=5.0, seconds=0.2) for i in range(4)]
    took = []
    for _ in range(count):
        before = wait_until(lambda: max(runs_done(db, "points"), 0), what="a result")
        time.sleep(random.uniform(0.0, 0.2))
        server.restart(mode)  # type: ignore[arg-type]
        took.append(seconds(lambda before=before: runs_done(db, "points") > before, at_most=60, what="work to go on"))  # type: ignore[misc]
    assert runs_done(db, "points") < 2 * points, "there was work to the end"
    lost, again = dead(workers), attempts_beyond_first(db, "points")
    workers += [start(url, f"last{i}", limit=50, seconds=0.0) for i in range(2)]
    wait_until(lambda: runs_done(db, "points") == 2 * points, seconds=300, what="the budget")
    end(workers)
    check_at_rest(db, "points")
    check_results(db, "points")
    assert lost == []
    fault = "F16" if mode == "fast" else "F18"
    figures = {"workers_lost": 0, "trials_again": again, **quantiles(took)}
    ledger.write(fault, f"{mode} restart", n=count, worker=PLANTED, **figures)


@pytest.mark.parametrize("outage", [3.0, 30.0, 120.0])
def test_f17_outages_lose_no_result_and_no_worker(
    server: PostgresServer, db: Database, url: str, fleet: Fleet, ledger: Ledger, undisturbed: bytes, outage: float
) -> None:
    submit(db)
    workers = [fleet.worker(url, "--max-lanes", "2", "--lease-seconds", "6") for _ in range(2)]
    wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
    server.stop("fast")
    time.sleep(outage)
    server.start()
    back = seconds(lambda: runs_done(db, "small") >= 0, at_most=60, what="the database")
    wait_until(lambda: finished(db, "small"), what="the study")
    assert [w.poll() for w in workers] == [None, None]
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    again = attempts_beyond_first(db, "small")
    if outage < 5:
        assert again == 0, "shorter than a lease: nothing is trained twice"
    ledger.write("F17", f"down {outage:.0f} s, lease 6 s", n=1, back_s=round(back, 1), trials_again=again, identical=1)


def test_f17_service_answers_503_while_the_database_is_away(
    server: PostgresServer, db: Database, url: str, fleet: Fleet, ledger: Ledger
) -> None:
    import httpx2

    submit(db)
    base = fleet.service(url)

    def status(path: str) -> int:
        try:
            return httpx2.get(base + path, timeout=30).status_code
        except httpx2.TransportError:
            return 0

    wait_until(lambda: status("/readyz") == 200, what="the service")
    server.stop("immediate")
    seen = [status(path) for path in ("/readyz", "/api/v1/studies", "/api/v1/studies/small") for _ in range(5)]
    answer = httpx2.get(base + "/api/v1/studies", timeout=30)
    server.start()
    back = seconds(lambda: status("/api/v1/studies/small") == 200, at_most=60, what="good answers")
    assert set(seen) == {503}
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"].startswith("application/problem+json")
    ledger.write(
        "F17", "API while the database is away", n=len(seen), worker=NONE, status=503, good_again_s=round(back, 1)
    )


def test_f19_answers_to_commits_are_lost(
    server: PostgresServer, db: Database, url: str, proxy: TcpProxy, ledger: Ledger
) -> None:
    submit_points(db, points=200, limits=PATIENT)
    proxy.share = {"ack_lost": 0.1, "commit_lost": 0.1}
    address = through(server, proxy, url)
    workers = [start(address, f"w{i}", limit=3, lease=2.0, seconds=0.0) for i in range(4)]
    wait_until(lambda: runs_done(db, "points") == 400, seconds=400, what="the budget")
    lost = dead(workers)
    end(workers)
    check_at_rest(db, "points")
    check_results(db, "points")
    assert lost == []
    assert min(proxy.cuts["ack_lost"], proxy.cuts["commit_lost"]) > 10
    again = attempts_beyond_first(db, "points")
    cuts = {"ack_lost": proxy.cuts["ack_lost"], "commit_lost": proxy.cuts["commit_lost"]}
    figures = {"double": 0, "workers_lost": 0, "trials_again": again, **cuts}
    ledger.write("F19", "COMMIT or its answer lost", n=sum(cuts.values()), worker=PLANTED, **figures)


def test_f20_slow_and_broken_network(
    server: PostgresServer, db: Database, url: str, proxy: TcpProxy, ledger: Ledger
) -> None:
    submit_points(db, points=100, limits=PATIENT)
    address = through(server, proxy, url)
    workers = [start(address, f"w{i}", limit=10, lease=5.0, seconds=0.5) for i in range(3)]
    wait_until(lambda: runs_done(db, "points") > 0, what="a first result")
    proxy.delay = 0.1
    chance, resets = random.Random(20), 0
    while runs_done(db, "points") < 200 and resets < 60:
        time.sleep(chance.uniform(0.5, 8.0))  # a claim is a dozen questions and answers: some fit in, some do not
        proxy.cut_all()
        resets += 1
    proxy.delay = 0.0
    wait_until(lambda: runs_done(db, "points") == 200, what="the budget")
    assert dead(workers) == []
    end(workers)
    check_at_rest(db, "points")
    check_results(db, "points")
    assert resets > 5
    what = "0.1 s each way and every connection reset after 0.5 to 8 s"
    ledger.write("F20", what, n=resets, worker=PLANTED, workers_lost=0)


def test_f21_a_silent_partition_counts_nothing_twice(
    server: PostgresServer, db: Database, url: str, proxy: TcpProxy, fleet: Fleet, ledger: Ledger, undisturbed: bytes
) -> None:
    submit(db)
    options = ("--max-lanes", "2", "--lease-seconds", "2")
    cut_off = fleet.worker(through(server, proxy, url), *options)
    wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
    proxy.silent = True
    fleet.worker(url, *options)
    time.sleep(6)
    proxy.silent = False
    proxy.cut_all()
    wait_until(lambda: finished(db, "small"), what="the study")
    assert cut_off.poll() is None
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed
    ledger.write("F21", "worker cut off for 6 s, lease 2 s", n=1, workers_lost=0, double=0, identical=1)


def test_f22_deadlocks_are_repeated_not_shown(server: PostgresServer, db: Database, url: str, ledger: Ledger) -> None:
    submit_points(db, points=DEADLOCKED // 2, limits=PATIENT)
    name = url.rpartition("/")[2]
    server.execute(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '50ms'")
    workers = [start(url, f"w{i}", limit=3, lease=60.0, seconds=0.0) for i in range(6)]
    bully = Thread(target=_lock_backwards, args=(url, db), daemon=True)  # takes rows in the order nobody else does
    bully.start()
    wait_until(lambda: runs_done(db, "points") == DEADLOCKED, seconds=400, what="the budget")
    lost = dead(workers)
    end(workers)
    join_all(bully)
    check_at_rest(db, "points")
    check_results(db, "points")
    deadlocks = server.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = :name", name=name)
    assert lost == []
    assert deadlocks > 0, "none was provoked"
    figures = {"trials": DEADLOCKED, "workers_lost": 0}
    ledger.write("F22", "deadlocks provoked under 6 workers", n=deadlocks, worker=PLANTED, **figures)


def _lock_backwards(url: str, db: Database) -> None:
    while runs_done(db, "points") < DEADLOCKED:
        time.sleep(0.3)  # lets the others get somewhere
        try:
            with psycopg.connect(url) as connection:
                connection.execute("SET deadlock_timeout = '10s'")  # the workers find the deadlock, and pay for it
                connection.execute("SELECT id FROM golden_studies FOR UPDATE")
                connection.execute("SELECT id FROM golden_trials WHERE state = 'running' ORDER BY id DESC FOR UPDATE")
        except psycopg.errors.DeadlockDetected:
            continue


def test_f24_no_connection_left(fleet: Fleet, ledger: Ledger) -> None:
    with postgres_server(max_connections=16) as small:
        name = small.create(migrated=True)
        with small.open(name) as db:
            submit(db)
            workers = [fleet.worker(small.url(name), "--max-lanes", "2", "--lease-seconds", "3") for _ in range(2)]
            wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
        hogs = [psycopg.connect(small.url(), autocommit=True)]
        until = time.monotonic() + 6
        while time.monotonic() < until:  # cut whom it has, take the places, until nobody gets in
            hogs[0].execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            with contextlib.suppress(psycopg.OperationalError):
                while True:
                    hogs.append(psycopg.connect(small.url()))
        assert len(hogs) > 12
        assert [w.poll() for w in workers] == [None, None], "they wait"
        assert any("too many clients" in fleet.log(w) or "connection slots" in fleet.log(w) for w in workers)
        for hog in hogs:
            hog.close()
        with small.open(name) as db:
            wait_until(lambda: finished(db, "small"), what="the study")
            check_at_rest(db, "small")
    ledger.write("F24", "every connection taken for 6 s", n=len(hogs), workers_lost=0)


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_f25_eight_programs_start_first_together(
    server: PostgresServer, tmp_path: Path, ledger: Ledger, kind: str
) -> None:
    clean, rounds = 0, 7
    for turn_ in range(rounds):
        name = server.create() if kind == "postgresql" else ""
        url = server.url(name) if name else f"sqlite:///{tmp_path / f'{turn_}.db'}"
        command = [str(BIN / "golden"), "db", "upgrade"]
        all_of_them = [
            subprocess.Popen(command, env=environment(url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(8)
        ]
        clean += sum(exit_code(process) == 0 for process in all_of_them)
    assert clean == 8 * rounds
    ledger.write("F25", f"8 first starts together, {kind}", n=8 * rounds, worker=NONE, clean=clean)


def test_f28_two_workers_on_sqlite_claim_nothing_twice(sqlite_url: str, ledger: Ledger) -> None:
    db = open_database(sqlite_url)
    submit_points(db, points=100)
    workers = [start(sqlite_url, f"w{i}", limit=1, lease=60.0, seconds=0.0, idle=1.0) for i in range(10)]
    wait_until(lambda: runs_done(db, "points") == 200, seconds=300, what="the budget")
    for worker in workers:
        exit_code(worker)
    assert [worker.exitcode for worker in workers] == [0] * 10, dead(workers)
    check_at_rest(db, "points")
    check_results(db, "points")
    assert attempts_beyond_first(db, "points") == 0
    db.dispose()
    ledger.write("F28", "10 processes on one SQLite file", n=200, worker=PLANTED, double=0)


def test_f29_readers_do_not_disturb_a_sqlite_writer(sqlite_url: str, ledger: Ledger) -> None:
    db = open_database(sqlite_url)
    submit_points(db, points=150)
    worker = start(sqlite_url, "w", limit=1, lease=60.0, seconds=0.0, idle=1.0)
    reads = 0
    while worker.is_alive() and runs_done(db, "points") < 300:
        with db.read() as connection:
            connection.execute(sa.select(schema.trials)).all()
        reads += 1
        time.sleep(0.02)
    exit_code(worker)
    assert worker.exitcode == 0, dead([worker])
    check_at_rest(db, "points")
    check_results(db, "points")
    db.dispose()
    ledger.write("F29", "SQLite writer under readers", n=reads, worker=PLANTED, errors=0)


def test_f30_kill_during_sqlite_writes_leaves_a_sound_file(sqlite_url: str, ledger: Ledger) -> None:
    db = open_database(sqlite_url)
    submit_points(db, points=4000, limits=PATIENT)
    chance, sound, kills = random.Random(3), 0, 200
    for number in range(kills):
        worker = start(sqlite_url, f"w{number}", limit=1, lease=0.2, seconds=0.0)
        before = runs_done(db, "points")
        wait_until(lambda before=before: runs_done(db, "points") > before, what="writes")  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, 0.05))
        end([worker])
        with db.read() as connection:
            sound += connection.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
        check_running(db)
    assert sound == kills
    assert runs_done(db, "points") < 8000, "there was something to write to the end"
    time.sleep(0.3)
    while turn(db, "last", limit=500, lease=60.0, seconds=0.0):
        pass
    queue.reap(db)
    while turn(db, "last", limit=500, lease=60.0, seconds=0.0):
        pass
    check_at_rest(db, "points")
    check_results(db, "points")
    db.dispose()
    figures = {"integrity_ok": sound, "lost": 0, "double": 0}
    ledger.write("F30", "kill -9 during SQLite writes", n=kills, worker=PLANTED, **figures)


def test_f42_a_backup_taken_mid_study_resumes(
    server: PostgresServer, db: Database, url: str, fleet: Fleet, ledger: Ledger, undisturbed: bytes, tmp_path: Path
) -> None:
    submit(db)
    fleet.worker(url, "--max-lanes", "2", "--lease-seconds", "2")
    wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
    name, dump = url.rpartition("/")[2], tmp_path / "golden.dump"
    server.tool("pg_dump", "--format=custom", f"--file={dump}", name)
    restored = server.create()
    server.tool("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={restored}", str(dump))
    with server.open(restored) as copy:
        kept = runs_done(copy, "small")
        assert 4 < kept < 128
        fleet.worker(server.url(restored), "--lease-seconds", "2")
        wait_until(lambda: finished(copy, "small"), what="the restored study")
        check_at_rest(copy, "small")
        assert evidence_bytes(copy, "small") == undisturbed
    ledger.write("F42", "pg_dump mid-study, restored elsewhere", n=1, runs_in_backup=kept, identical=1)


def test_f23_sixty_four_workers(db: Database, url: str, ledger: Ledger) -> None:
    workers = start_all(db, url, [f"w{i}" for i in range(64)], limit=1, lease=120.0, seconds=0.0)
    submit_points(db, points=1000)
    started = time.monotonic()
    wait_until(lambda: runs_done(db, "points") >= 2000, seconds=500, what="the budget")
    rate = 2000 / (time.monotonic() - started)
    lost = dead(workers)
    end(workers)
    check_at_rest(db, "points")
    check_results(db, "points")
    again = attempts_beyond_first(db, "points")
    assert (lost, again) == ([], 0)
    figures = {"trials_per_second": round(rate), "double": 0}
    ledger.write("F23", "64 workers, one trial a claim", n=2000, worker=PLANTED, **figures)
