"""A real service and a real worker whose SQLite file goes, comes back and is locked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
from chaos import STUDY, Fleet, finished, runs_done
from invariants import check_at_rest
from waiting import CEILING, exit_code, wait_until

from studies.storage.engine import Database, open_database

STUDIES = "/api/v1/studies"
SEARCH = {**STUDY, "design": {"kind": "search", "sampler": "random", "trials": 4, "claim_replicates": 2}}
BUDGET = 5.0  # seconds in which a change is refused; the test allows for a machine that is busy
ALLOWANCE = 5.0


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    processes = Fleet(tmp_path, forked=True)
    yield processes
    processes.kill()


@pytest.fixture
def client(fleet: Fleet, sqlite_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fleet.service(sqlite_url), timeout=CEILING, trust_env=False) as opened:
        wait_until(lambda: ready(opened), what="the service")
        yield opened


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database, open for a while."""
    database = open_database(url)
    yield database
    database.dispose()


def ready(client: httpx.Client) -> bool:
    try:
        return bool(client.get("/readyz").status_code == 200)
    except httpx.TransportError:
        return False


def move(path: Path) -> Callable[[], object]:
    path.rename(path.with_name("away"))
    return lambda: path.with_name("away").rename(path)


def remove(path: Path) -> Callable[[], object]:
    path.unlink()
    return lambda: Path(f"{path}.rescued").rename(path)


def overwrite(path: Path) -> Callable[[], object]:
    whole = path.read_bytes()

    def put(content: bytes) -> None:
        with path.open("r+b") as file:  # never shorter in between: that would be another harm
            file.write(content)
            file.truncate()

    put(b"another file " * 200_000)
    return lambda: put(whole)


@pytest.mark.parametrize(("harm", "words"), [(move, "moved away"), (remove, "removed"), (overwrite, "overwritten")])
def test_a_study_survives_the_absence_of_its_file(
    client: httpx.Client,
    fleet: Fleet,
    sqlite_url: str,
    path: Path,
    harm: Callable[[Path], Callable[[], object]],
    words: str,
) -> None:
    assert client.post(STUDIES, json=STUDY).status_code == 201
    worker = fleet.worker(sqlite_url, "--max-lanes", "2")
    with opened(sqlite_url) as db:
        wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
    client.post(f"{STUDIES}/small/pause")
    wait_until(lambda: client.get(f"{STUDIES}/small").json()["summary"]["trials_running"] == 0, what="peace")
    put_back = harm(path)
    for answer in (client.get("/readyz"), client.get(STUDIES), client.post(STUDIES, json={**SEARCH, "name": "lost"})):
        assert answer.status_code == 503
        assert words in answer.json()["detail"]
        assert str(path) not in answer.text
        assert int(answer.headers["retry-after"]) > 0
    assert client.get("/healthz").status_code == 200
    wait_until(lambda: "nothing is claimed" in fleet.log(worker), what="the worker's line")
    assert fleet.log(worker).count("nothing is claimed") == 1
    put_back()
    wait_until(lambda: ready(client), what=lambda: f"the service, which says {client.get('/readyz').text}")
    assert client.post(f"{STUDIES}/small/resume").status_code == 200
    with opened(sqlite_url) as db:
        wait_until(lambda: finished(db, "small"), what="the study")
        check_at_rest(db, "small")
        assert finished(db, "small") == "complete"
    assert "Traceback" not in "".join(map(fleet.log, fleet.started))


def test_a_locked_file_refuses_changes_in_time_and_starves_no_read(
    client: httpx.Client, fleet: Fleet, sqlite_url: str, path: Path
) -> None:
    worker = fleet.worker(sqlite_url)
    wait_until(lambda: "ready" in fleet.log(worker), what="the worker")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    def change(number: int) -> tuple[int, float]:
        begun = time.monotonic()
        answer = client.post(STUDIES, json={**SEARCH, "name": f"s{number}"})
        return answer.status_code, time.monotonic() - begun

    with ThreadPoolExecutor(50) as pool:
        changes = [pool.submit(change, number) for number in range(50)]
        for where in ("/healthz", STUDIES, "/readyz") * 3:
            assert client.get(where).status_code == 200
        answers = [one.result() for one in changes]
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < BUDGET + ALLOWANCE
    worker.terminate()
    assert exit_code(worker) == 0, fleet.log(worker)
    holder.execute("ROLLBACK")
    holder.close()
    assert client.post(STUDIES, json={**SEARCH, "name": "after"}).status_code == 201
