"""Workers and services of different releases on one database (F27): real processes, told apart by their metadata."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos import Fleet, finished, held, states, submit
from other_release import pretending
from processes import BIN
from waiting import exit_code, wait_until

from service.commands.doctor_checks import look_at_workers
from studies.storage import listing, release, workers
from studies.storage.engine import Database, open_database


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    processes = Fleet(tmp_path, forked=True)  # but for those of another release, which are started anew
    yield processes
    processes.kill()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.dispose()


def state_of(db: Database, name: str) -> str:
    """A worker's state as listed; "" where it is not listed."""
    return next((row.state for row in workers.list_workers(db) if row.name == name), "")


def doctor(db: Database) -> str:
    """The lines of `golden doctor` about the workers."""
    return "\n".join(str(finding) for finding in look_at_workers(db))


def test_a_worker_of_another_release_claims_nothing_and_says_why_once(
    db: Database, database_url: str, fleet: Fleet, tmp_path: Path
) -> None:
    submit(db)
    before = states(db, "small")
    other = fleet.worker(database_url, "--name", "other", **pretending(tmp_path / "other", version="0.99.0"))
    wait_until(lambda: state_of(db, "other") == "refused", what="the refusal")
    ours = ".".join(release.VERSION.split(".")[:3])
    found = doctor(db)
    assert f"other runs version 0.99.0, this is {release.VERSION}: it claims nothing" in found
    patched = fleet.worker(database_url, "--name", "patched", **pretending(tmp_path / "patched", version=f"{ours}99"))
    wait_until(lambda: finished(db, "small"), what="the study, by the one that may")
    assert finished(db, "small") == "complete"
    assert f"patched runs version {ours}99, this is {release.VERSION}; they work together" in doctor(db)
    assert {row.worker for row in listing.trials_page(db, "small", limit=500).items} == {"patched"}
    assert sum(before.values()) > 0
    assert (other.poll(), patched.poll()) == (None, None)
    said = fleet.log(other)
    assert said.count("do not work together") == 1, said
    assert f"install golden-study {ours} here" in said
    assert "Traceback" not in said
    assert "do not work together" not in fleet.log(patched)


def test_a_service_that_is_upgraded_turns_running_workers_away_and_back(
    db: Database, database_url: str, fleet: Fleet, tmp_path: Path
) -> None:
    fleet.worker(database_url, "--name", "w")
    wait_until(lambda: state_of(db, "w") == "idle", what="the worker")
    upgraded = fleet.start(
        [str(BIN / "golden"), "serve", "--port", "0"],
        database_url,
        **pretending(tmp_path / "upgraded", version="0.99.0"),
    )
    wait_until(lambda: release.in_force(db) == "0.99.0", what="the upgrade")
    submit(db)
    wait_until(lambda: "do not work together" in fleet.log(fleet.started[0]), what="the refusal")
    assert held(db, "w") == 0
    upgraded.terminate()
    exit_code(upgraded)
    fleet.service(database_url)
    wait_until(lambda: finished(db, "small"), what="the study, once the old service is back")
    assert "no longer refused" in fleet.log(fleet.started[0])


def test_an_optuna_that_stores_other_times_is_refused(database_url: str, fleet: Fleet, tmp_path: Path) -> None:
    old = pretending(tmp_path / "optuna", package="optuna", version="4.6.0")
    for command, code in ((["golden-worker", "--device", "cpu"], 3), (["golden", "serve", "--port", "0"], 4)):
        process = fleet.start([str(BIN / command[0]), *command[1:]], database_url, **old)
        assert exit_code(process) == code
        said = fleet.log(process)
        assert "the installed Optuna 4.6.0 writes other rows than Optuna 5; install optuna>=5,<6" in said
        assert "Traceback" not in said
