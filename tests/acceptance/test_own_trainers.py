"""Trainers of the user's own as real programs on a real service: whatever is killed, each run once and no more.

Faults: a caller killed mid-lease, an answer lost after the commit, a zombie that reports after its lease went to
another, a service killed between lease and result. Each ends with the invariants of the queue and the report of a study
that nobody disturbed, byte for byte.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chaos import SUPPORT, Fleet, answers, finished, holders, runs_done
from invariants import check_at_rest, check_running, evidence_bytes
from leases import pass_time
from own_results import results_of
from own_trainers import submit, work_off
from processes import BIN, free_port, stop_still
from raw_http import request_head
from waiting import exit_code, wait_until

from service.client import Client
from service.lease_bodies import Leased
from studies.storage import listing
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

pytestmark = pytest.mark.timeout(900)


class Place:
    """A service on a database, and callers."""

    def __init__(self, folder: Path, url: str, db: Database) -> None:
        self.db, self.database_url = db, url
        self.fleet = Fleet(folder, forked=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.service: Any = None
        self._callers: list[subprocess.Popen[str]] = []

    def serve(self) -> None:
        """Start the service, and wait until it answers."""
        command = [str(BIN / "golden"), "serve", "--port", str(self.port)]
        self.service = self.fleet.start(command, self.database_url, GOLDEN_TICK_SECONDS="0.2")
        wait_until(lambda: answers(self.address), what="the service")

    def kill_service(self) -> None:
        """SIGKILL."""
        self.service.kill()
        exit_code(self.service)

    def caller(self, name: str, *options: str) -> subprocess.Popen[str]:
        """A trainer as a program of its own."""
        command = [sys.executable, str(SUPPORT / "own_caller.py"), self.address, name, *options]
        env = {"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}", "PATH": str(BIN)}
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._callers.append(process)
        return process

    def end(self) -> None:
        """Kill whatever still runs."""
        for caller in self._callers:
            caller.kill()
            exit_code(caller)
            for pipe in (caller.stdin, caller.stdout):
                if pipe is not None:
                    pipe.close()
        self.fleet.kill()


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Place]:
    db = open_database(database_url)
    submit(db)
    found = Place(tmp_path, database_url, db)
    found.serve()
    yield found
    found.end()
    db.dispose()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The report of the study as one caller made it in peace."""
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('peace') / 'golden.db'}")
    migrate(db)
    submit(db)
    work_off(db)
    found = evidence_bytes(db, "own")
    db.dispose()
    return found


def complete(place: Place, undisturbed: bytes, *callers: subprocess.Popen[str]) -> None:
    """Let callers work the study off, and check what is there then."""
    working = callers or tuple(place.caller(f"last{number}", "--trials", "20") for number in range(2))
    wait_until(lambda: finished(place.db, "own") == "complete", what="the study")
    assert [exit_code(caller) for caller in working] == [0] * len(working)
    check_at_rest(place.db, "own")
    assert evidence_bytes(place.db, "own") == undisturbed


def told(caller: subprocess.Popen[str]) -> Any:
    """The next line that a caller prints."""
    assert caller.stdout is not None
    return json.loads(caller.stdout.readline())


def test_a_caller_that_is_killed_mid_lease_costs_no_run(place: Place, undisturbed: bytes) -> None:
    for number in range(3):
        caller = place.caller(f"victim{number}", "--holds", "--trials", "4")
        held = told(caller)
        assert held
        caller.kill()
        assert exit_code(caller) == -signal.SIGKILL
        check_running(place.db)
        assert pass_time(place.db) == len(held)
    complete(place, undisturbed)
    attempts = {row.attempts for row in listing.trials_page(place.db, "own", limit=500).items}
    assert max(attempts) > 1


def test_an_answer_that_is_lost_after_the_commit_is_asked_for_again(place: Place, undisturbed: bytes) -> None:
    key = {"worker": "w", "trials": 5, "seconds": 3600, "study": None, "wait": 0}
    ask_and_hang_up(place, "", key, "Idempotency-Key: once")
    wait_until(lambda: holders(place.db) == {"local/w"}, what="the lease to be committed")
    with Client(place.address) as client:
        batch = client.lease("w", trials=5, seconds=3600, idempotency_key="once")
        assert batch is not None
        assert len(batch.trials) == 5, "the same trials, not five others"
        ends = [
            {"id": trial.id, "token": trial.token, "runs": results_of(trial.model_dump(mode="json"))}
            for trial in batch.trials
        ]
        ask_and_hang_up(place, "/finish", {"worker": "w", "trials": ends})
        wait_until(lambda: runs_done(place.db, "own") == 5, what="the results to be committed")
        again = client.finish_trials("w", ends)
        assert (len(again.recorded), again.dropped) == (5, [])
    assert runs_done(place.db, "own") == 5
    complete(place, undisturbed)


def ask_and_hang_up(place: Place, path: str, body: dict[str, Any], *headers: str) -> None:
    """Send a request and read nothing of its answer."""
    content = json.dumps(body).encode()
    head = request_head("POST", f"/api/v1/leases{path}", f"Content-Length: {len(content)}", *headers)
    with socket.create_connection(("127.0.0.1", place.port)) as connection:
        connection.sendall(head + content)


def test_a_zombie_that_reports_after_its_lease_went_to_another_is_dropped(place: Place, undisturbed: bytes) -> None:
    zombie = place.caller("zombie", "--holds", "--trials", "6")
    held = told(zombie)
    stop_still(zombie)  # type: ignore[arg-type]
    pass_time(place.db)
    heirs = [place.caller(f"heir{number}", "--trials", "6") for number in range(2)]
    wait_until(lambda: runs_done(place.db, "own") >= 36, what="the heirs' results of the first phase")
    zombie.send_signal(signal.SIGCONT)
    assert zombie.stdin is not None
    zombie.stdin.write("\n")
    zombie.stdin.flush()
    assert told(zombie) == {"recorded": [], "dropped": held}
    complete(place, undisturbed, *heirs)


def test_a_service_that_is_killed_between_lease_and_result_loses_nothing(place: Place, undisturbed: bytes) -> None:
    with Client(place.address) as client:
        batch = client.lease("steady", trials=8, seconds=3600)
    assert isinstance(batch, Leased)
    callers = [place.caller(f"w{number}", "--trials", "2") for number in range(2)]
    for goal in (12, 30):
        wait_until(lambda goal=goal: runs_done(place.db, "own") >= min(goal, 28), what="results")  # type: ignore[misc]
        place.kill_service()
        place.serve()
    ends = [
        {"id": trial.id, "token": trial.token, "runs": results_of(trial.model_dump(mode="json"))}
        for trial in batch.trials
    ]
    with Client(place.address) as client:
        assert client.finish_trials("steady", ends).dropped == []
    complete(place, undisturbed, *callers)
