"""Disks that fill up (F31): the database's data, its write-ahead log, an SQLite file, the logs of our own programs.

While a disk is full: questions are answered, changes are refused with 503 and a problem document, workers live and keep
their results. Once there is room again everything goes on by itself, nothing is lost and nothing is broken.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import sqlalchemy as sa
from chaos import STUDY, Fleet, Ledger, finished, runs_done, submit
from invariants import check_at_rest, evidence_bytes
from postgres_server import PostgresServer
from small_disk import SmallDisk, small_disk, why_no_disk
from waiting import wait_until

from studies.storage.engine import Database, open_database

WHY_NOT = why_no_disk()
pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "a small disk can be mounted"),
]
FULL_SECONDS = 10.0  # how long each disk stays full: several leases, several ticks of the service
BOUND = 30.0  # seconds from room to results
OPTIONS = ("--max-lanes", "2", "--lease-seconds", "3")
STUDIES = "/api/v1/studies"
READS = (STUDIES, f"{STUDIES}/small", f"{STUDIES}/small/trials", f"{STUDIES}/small/runs", "/healthz", "/readyz", "/")


@dataclass
class Asked:
    """Answers of a service while a disk was full."""

    reads: list[int] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)

    def ask(self, client: httpx.Client, number: int) -> None:
        """Every read once, and two changes; refusals must be problem documents that say when to come again."""
        answers = [client.get(path) for path in READS]
        self.reads += [answer.status_code for answer in answers]
        big = {**STUDY, "name": f"big-{number}", "design": {**STUDY["design"], "map_points": 512}}
        changes = [client.post(STUDIES, json=big), client.post(f"{STUDIES}/small/pause")]
        self.writes += [answer.status_code for answer in changes]
        if changes[1].status_code < 300:  # it found room in a page that was there
            client.post(f"{STUDIES}/small/resume")
        for answer in (*answers, *changes):
            if answer.status_code >= 400:
                assert answer.status_code == 503, answer.text
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["retry-after"]) > 0
                assert "Traceback" not in answer.text


@contextlib.contextmanager
def service(fleet: Fleet, url: str) -> Iterator[httpx.Client]:
    """A service and a client of it."""
    with httpx.Client(base_url=fleet.service(url), timeout=60, trust_env=False) as client:
        wait_until(lambda: _status(client, "/readyz") == 200, what="the service")
        yield client


def _status(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0


def keep_full(disk: SmallDisk, each_time: Callable[[int], None]) -> None:
    """Fill the disk, and again what is freed on it, for a while."""
    until, number = time.monotonic() + FULL_SECONDS, 0
    while time.monotonic() < until or number < 3:
        disk.fill()
        each_time(number)
        number += 1
        time.sleep(0.5)
    disk.fill()


def resumed(client: httpx.Client, db: Database, before: int) -> bool:
    """True if changes are accepted and results arrive."""
    with contextlib.suppress(httpx.TransportError):
        client.post(f"{STUDIES}/small/resume")
        return client.post(STUDIES, json={**STUDY, "name": "later"}).status_code in {200, 201} and (
            runs_done(db, "small") > before or bool(finished(db, "small"))
        )
    return False


def assert_ends_well(client: httpx.Client, db: Database, undisturbed: bytes) -> None:
    """Let the study finish and check everything about it."""
    for number in range(100):  # those that a full disk had room for
        client.delete(f"{STUDIES}/big-{number}")
    client.delete(f"{STUDIES}/later")
    wait_until(lambda: finished(db, "small"), what="the study")
    assert finished(db, "small") == "complete"
    check_at_rest(db, "small")
    assert evidence_bytes(db, "small") == undisturbed


def assert_survives_a_full_disk(
    disk: SmallDisk, fleet: Fleet, url: str, db: Database, undisturbed: bytes, *, revive: Callable[[], object]
) -> tuple[Asked, float]:
    """A service and two workers in the middle of the study while a disk is full, and until it has ended well after.

    Args:
        disk: the one that is filled, and freed.
        revive: what else is done once there is room.

    Returns:
        What was answered meanwhile, and the seconds from room to results.
    """
    asked = Asked()
    with service(fleet, url) as client:
        for _ in range(2):
            fleet.worker(url, *OPTIONS)
        wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
        keep_full(disk, lambda number: asked.ask(client, number))
        before = runs_done(db, "small")
        disk.free()
        started = time.monotonic()
        revive()
        wait_until(lambda: resumed(client, db, before), seconds=BOUND, what="results")
        back = time.monotonic() - started
        assert [process.poll() for process in fleet.started] == [None] * 3
        assert_ends_well(client, db, undisturbed)
    assert back < BOUND
    assert 503 in asked.writes, "nothing was refused"
    assert set(asked.writes) <= {200, 201, 202, 204, 503}
    return asked, back


def test_f31_sqlite_file_and_logs_on_a_full_disk(
    sqlite_template: Path, ledger: Ledger, undisturbed: bytes, tmp_path: Path
) -> None:
    with small_disk(24) as disk:
        path = disk.folder / "golden.db"
        shutil.copy(sqlite_template, path)
        url = f"sqlite:///{path}"
        db, fleet = open_database(url), Fleet(disk.folder)  # its logs lie there too
        try:
            submit(db)
            asked, back = assert_survives_a_full_disk(disk, fleet, url, db, undisturbed, revive=lambda: None)
            with db.read() as connection:
                assert connection.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
            assert fleet.survivors() == 3
        finally:
            fleet.kill()
            db.dispose()
    assert set(asked.reads) == {200}
    ledger.write("F31", "disk of the SQLite file and the logs full", **_figures(asked, back))


def test_f31_data_disk_of_postgresql_full(fleet: Fleet, ledger: Ledger, undisturbed: bytes) -> None:
    def lives() -> None:
        assert server.runs()

    with small_disk(160) as disk, small_disk(160) as other, _server(disk, other) as (server, url, db):
        asked, back = assert_survives_a_full_disk(disk, fleet, url, db, undisturbed, revive=lives)
        fleet.kill()
    assert set(asked.reads) == {200}
    ledger.write("F31", "disk of PostgreSQL's data full", **_figures(asked, back))


def test_f31_log_disk_of_postgresql_full(fleet: Fleet, ledger: Ledger, undisturbed: bytes) -> None:
    """PostgreSQL stops when its write-ahead log cannot grow: it is started again as a container engine would."""
    stopped: list[bool] = []

    def start_again() -> None:
        stopped.append(not server.runs())
        until = time.monotonic() + BOUND
        while not server.runs() and time.monotonic() < until:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.start()

    with small_disk(160) as disk, small_disk(24) as log, _server(disk, log) as (server, url, db):
        asked, back = assert_survives_a_full_disk(log, fleet, url, db, undisturbed, revive=start_again)
        fleet.kill()
    assert set(asked.reads) <= {200, 503}
    ledger.write("F31", "disk of PostgreSQL's log full", server_stopped=stopped[0], **_figures(asked, back))


@contextlib.contextmanager
def _server(data: SmallDisk, log: SmallDisk) -> Iterator[tuple[PostgresServer, str, Database]]:
    server = PostgresServer(
        disk=data.folder, wal=log.folder, min_wal_size="2MB", max_wal_size="8MB", shared_buffers="16MB"
    )
    try:
        name = server.create(migrated=True)
        with server.open(name) as db:
            submit(db)
            yield server, server.url(name), db
    finally:
        server.destroy()


def _figures(asked: Asked, back: float) -> dict[str, Any]:
    return {
        "n": 1,
        "reads": len(asked.reads),
        "reads_answered": asked.reads.count(200),
        "writes": len(asked.writes),
        "writes_refused": asked.writes.count(503),
        "results_again_s": round(back, 1),
        "identical": 1,
    }
