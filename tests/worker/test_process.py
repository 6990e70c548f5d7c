"""One worker process: the arguments of its children, its parts as the settings say, and a database that is away."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import free_port

from studies.errors import SchemaError, StorageUnavailableError
from studies.storage import workers
from studies.storage.engine import Database, open_database
from worker.process import REGISTER_PAUSE, REGISTER_SECONDS, _register, _runner, child_arguments
from worker.runner import Runner
from worker.settings import load


class Pauses(threading.Event):
    """Pauses of a start: each is noted, and then something happens."""

    def __init__(self, happens: Callable[[int], object]) -> None:
        super().__init__()
        self._happens = happens
        self.asked: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
        self._happens(len(self.asked))
        return self.is_set()


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ([], []),
        (["--database", "postgresql://u:secret@h/x", "--threads", "2"], ["--threads", "2"]),
        (["--database=postgresql://u:secret@h/x", "--name=w", "--device=cuda"], []),
        (["--name", "--device", "--study", "a", "--study=b"], ["--study", "a", "--study=b"]),
    ],
)
def test_children_get_neither_the_url_nor_a_name_nor_a_device(arguments: list[str], kept: list[str]) -> None:
    assert child_arguments(arguments) == kept


def test_a_worker_is_made_as_the_settings_say(database: Database, tmp_path: Path) -> None:
    options = {"lease_seconds": "7", "poll_seconds": "0.3", "max_lanes": "5", "heartbeat_dir": str(tmp_path / "files")}
    runner = _runner(load(**options, worker_name="w", data_dir=str(tmp_path), study=["a", "b"]), database, "cpu")
    assert (runner.lease_seconds, runner.status.lease_seconds, runner.claims.lease_seconds) == (7.0, 7.0, 7.0)
    assert (runner.poll_seconds, runner.stores.poll_seconds, runner.status.stack_limit) == (0.3, 0.3, 5)
    assert (runner.status.name, runner.admission.worker, runner.admission.only) == ("w", "w", ("a", "b"))
    assert (tmp_path / "files" / "cpu").exists()


def test_the_usual_name_is_that_of_host_process_and_device(database: Database) -> None:
    runner = _runner(load(), database, "cpu")
    assert runner.status.name == f"{socket.gethostname()}-{os.getpid()}-cpu"
    assert runner.admission.only is None


def test_registering_checks_the_schema_first(database: Database, tmp_path: Path) -> None:
    _register(_runner(load(worker_name="w"), database, "cpu"))
    assert [row.name for row in workers.list_workers(database)] == ["w"]
    empty = open_database(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(SchemaError, match="golden db upgrade"):
        _register(_runner(load(), empty, "cpu"))
    empty.dispose()


@contextlib.contextmanager
def away(happens: Callable[[int], object]) -> Iterator[tuple[Runner, Pauses]]:
    """A worker that starts while nothing listens where its database should be."""
    database = open_database(f"postgresql://golden@127.0.0.1:{free_port()}/none")
    runner = _runner(load(worker_name="w"), database, "cpu")
    runner.stopping = pauses = Pauses(happens)
    yield runner, pauses
    database.dispose()


def test_a_database_that_stays_away_ends_the_start() -> None:
    with (
        away(lambda _pauses: None) as (runner, pauses),
        pytest.raises(StorageUnavailableError, match="be reached"),
    ):
        _register(runner, seconds=0.0)
    assert pauses.asked == []
    with away(lambda _pauses: time.sleep(0.1)) as (runner, pauses), pytest.raises(StorageUnavailableError):
        _register(runner, seconds=0.2)
    assert set(pauses.asked) == {REGISTER_PAUSE}


def test_a_database_that_restarts_is_waited_for_longer_than_a_recovery_takes(database: Database) -> None:
    def back(pauses: int) -> None:
        if pauses == 20:  # ten seconds, were they not left out
            runner.db = runner.status.db = database

    with away(back) as (runner, pauses):
        assert _register(runner)
    assert len(pauses.asked) == 20
    assert [row.name for row in workers.list_workers(database)] == ["w"]
    assert REGISTER_SECONDS >= 20 * REGISTER_PAUSE


def test_a_worker_that_is_stopped_while_it_waits_for_the_database_ends_in_good_order() -> None:
    with away(lambda _pauses: runner.stopping.set()) as (runner, pauses):
        assert not _register(runner)
    assert pauses.asked == [REGISTER_PAUSE]
