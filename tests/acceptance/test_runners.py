"""`golden run` as real processes under faults: exactly the budget, each run once, the verdict of an undisturbed study.

Faults: the runner killed with -9 while trainings run, and started again; a zombie that wakes up after its trials went
to others; the service killed and started again. Without a service on SQLite, with one on SQLite and PostgreSQL.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos import Fleet, answers, finished, runs_done
from invariants import check_at_rest, check_running, evidence_bytes
from leases import pass_time
from processes import BIN, Process, environment, free_port, stop_still
from shell_trainer import command, study_file
from waiting import exit_code, wait_until

from service.settings import sqlite_url
from studies.errors import GoldenError
from studies.storage import listing, queue
from studies.storage.engine import Database, open_database

pytestmark = pytest.mark.timeout(900)
HANG = "while [ -e ./hang ]; do echo $$ > ./hanging; sleep 0.1; done"  # a training that lasts until it may go on


class Runners:
    """Processes of `golden run` in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.fleet = Fleet(folder, forked=True)
        study_file(folder)
        self._command = command(folder, HANG)

    def start(self, *options: str) -> Process:
        """One more."""
        return self.fleet.start(
            [str(BIN / "golden"), "run", "own.json", *options, "--", *self._command], "sqlite:///none"
        )

    def hang(self) -> None:
        """Let trainings last from now on, and wait for one that does."""
        (self.folder / "hanging").unlink(missing_ok=True)
        (self.folder / "hang").touch()
        wait_until(lambda: (self.folder / "hanging").exists(), what="a training that lasts")

    def go_on(self) -> None:
        """Let them end."""
        (self.folder / "hang").unlink()


@pytest.fixture
def runners(tmp_path: Path) -> Iterator[Runners]:
    found = Runners(tmp_path / "work")
    yield found
    found.fleet.kill()
    (found.folder / "hang").unlink(missing_ok=True)  # for trainings that nobody ended


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The report of the study as one runner made it in peace."""
    runners = Runners(tmp_path_factory.mktemp("peace"))
    assert exit_code(runners.start()) == 0
    db = embedded(runners)
    report = evidence_bytes(db, "own")
    db.dispose()
    return report


def embedded(runners: Runners) -> Database:
    """The database of runners without a service, once it has the study."""
    path = runners.folder / "own.golden" / "golden.db"
    wait_until(path.exists, what="the database")
    db = open_database(sqlite_url(path))
    wait_until(lambda: has_study(db), what="the study")
    return db


def has_study(db: Database) -> bool:
    """True once the study is stored."""
    try:
        return runs_done(db, "own") >= 0
    except GoldenError:
        return False


def test_a_runner_that_is_killed_is_started_again_and_no_run_is_made_twice(
    runners: Runners, undisturbed: bytes
) -> None:
    runner = runners.start("--jobs", "2")
    db = embedded(runners)
    lost = 0
    for goal in (5, 20, 40):
        wait_until(lambda goal=goal: runs_done(db, "own") >= goal, what="results")  # type: ignore[misc]
        runners.hang()
        runner.kill()
        assert exit_code(runner) == -signal.SIGKILL
        check_running(db)
        lost += pass_time(db)
        queue.reap(db)
        runner = runners.start("--jobs", "2")
        runners.go_on()
    assert exit_code(runner) == 0, runners.fleet.log(runner)
    check_at_rest(db, "own")
    assert evidence_bytes(db, "own") == undisturbed
    attempts = [row.attempts for row in listing.trials_page(db, "own", limit=500).items]
    assert sum(attempts) - len(attempts) == lost >= 3
    db.dispose()


class Service:
    """A `golden serve` that may be killed and started again."""

    def __init__(self, folder: Path, url: str) -> None:
        self.fleet, self.url, self.port = Fleet(folder, forked=True), url, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(BIN / "golden"), "serve", "--port", str(self.port)]
        self.process = self.fleet.start(command, self.url, GOLDEN_TICK_SECONDS="0.2")
        wait_until(lambda: answers(self.address), what="the service")

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        exit_code(self.process)


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    found = Service(tmp_path, database_url)
    yield found
    found.fleet.kill()


def test_runners_and_a_service_that_are_killed_and_a_zombie_cost_no_run(
    runners: Runners, service: Service, undisturbed: bytes
) -> None:
    db = open_database(service.url)
    options = ("--server", service.address, "--jobs", "2")
    victim = runners.start(*options)
    wait_until(lambda: has_study(db) and runs_done(db, "own") >= 5, what="results")
    runners.hang()
    victim.kill()
    exit_code(victim)
    pass_time(db)
    zombie = runners.start(*options)
    runners.go_on()
    wait_until(lambda: runs_done(db, "own") >= 15, what="the second runner's results")
    runners.hang()
    stop_still(zombie)
    pass_time(db)
    heirs = [runners.start(*options, "--folder", f"heir{number}") for number in range(2)]
    for heir in heirs:
        wait_until(lambda heir=heir: "study own (" in runners.fleet.log(heir), what="an heir")  # type: ignore[misc]
    service.kill()
    runners.go_on()
    service.start()
    wait_until(lambda: runs_done(db, "own") >= 30, what="the heirs' results")
    service.kill()
    service.start()
    zombie.send_signal(signal.SIGCONT)
    wait_until(lambda: finished(db, "own") == "complete", what="the study")
    assert [exit_code(runner) for runner in (zombie, *heirs)] == [0, 0, 0], runners.fleet.log(heirs[0])
    check_at_rest(db, "own")
    assert evidence_bytes(db, "own") == undisturbed
    db.dispose()


def test_what_the_runner_prints_is_what_the_verdict_of_the_service_says(runners: Runners, service: Service) -> None:
    done = runners.start("--server", service.address, "--jobs", "2")
    assert exit_code(done) == 0
    asked = subprocess.run(
        [str(BIN / "golden"), "verdict", "own"],
        env=environment(service.url, GOLDEN_SERVER=service.address),
        capture_output=True,
        text=True,
        check=True,
    )
    said = runners.fleet.log(done).replace("\r", "")
    *lines, look, send = said.splitlines()
    assert asked.stdout.splitlines()[-3:] == lines[-3:]
    assert look == f"look at it:    {service.address}/studies/own"
    assert send == f"send it round: golden report own --server {service.address}"
