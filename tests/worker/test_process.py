"""One worker process: the arguments of its children, its parts as the settings say, and a database that is away."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from processes import free_port

from studies.errors import SchemaError, StorageUnavailableError
from studies.storage import workers
from studies.storage.engine import Database, open_database
from worker.process import REGISTER_ATTEMPTS, REGISTER_PAUSE, _register, _runner, child_arguments
from worker.settings import load


class Pauses(threading.Event):
    """Pauses that are noted and left out."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
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


def test_a_database_that_stays_away_ends_the_start_after_some_attempts() -> None:
    away = open_database(f"postgresql://golden@127.0.0.1:{free_port()}/none")
    runner = _runner(load(), away, "cpu")
    runner.stopping = pauses = Pauses()
    with pytest.raises(StorageUnavailableError):
        _register(runner)
    assert pauses.asked == [REGISTER_PAUSE] * (REGISTER_ATTEMPTS - 1)
    away.dispose()
