"""The supervisor with real children on a real database: restarts, signals, orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from captured_logs import captured_logs
from processes import environment
from waiting import exit_code, wait_until

from studies.storage import workers
from studies.storage.engine import Database
from worker.devices import find_devices, limit_threads

TWO = "import sys; from worker.devices import Supervisor; sys.exit(Supervisor(['cpu', 'cpu'], sys.argv[1:]).run())"


def supervise(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", TWO, *arguments], env=environment(url), start_new_session=True)


def alive(db: Database) -> set[int]:
    return {w.pid for w in workers.list_workers(db) if w.state != "gone" and runs(w.pid)}


def runs(pid: int) -> bool:
    """True if a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


def test_a_killed_child_is_replaced_and_a_stop_reaches_all(database: Database, database_url: str) -> None:
    parent = supervise(database_url)
    first = wait_until(lambda: pids if len(pids := alive(database)) == 2 else None, what="two workers")
    os.kill(min(first), signal.SIGKILL)
    wait_until(lambda: not runs(min(first)), what="its end")
    second = wait_until(lambda: pids if len(pids := alive(database)) == 2 else None, what="the replacement")
    assert len(first & second) == 1
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal's Ctrl-C does
    assert exit_code(parent) == 0, "after one signal the children stop in good order"
    assert {w.state for w in workers.list_workers(database) if w.pid in second} == {"gone"}
    assert alive(database) == set()


def test_children_do_not_outlive_a_killed_supervisor(database: Database, database_url: str) -> None:
    parent = supervise(database_url)
    children = wait_until(lambda: pids if len(pids := alive(database)) == 2 else None, what="two workers")
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(runs(pid) for pid in children), what="the children's end")
    assert {w.state for w in workers.list_workers(database)} == {"gone"}, "they stopped in good order"


def test_a_fault_that_no_restart_cures_ends_the_supervisor(tmp_path: Path) -> None:
    parent = supervise(f"sqlite:///{tmp_path / 'empty.db'}")
    assert exit_code(parent) == 3


def test_threads_are_as_many_as_asked_for_and_no_more_than_there_are_processors(
    restored_threads: None,
) -> None:
    usable = len(os.sched_getaffinity(0))
    with captured_logs() as said:
        limit_threads(1)
        assert torch.get_num_threads() == 1
        limit_threads(0)
        assert torch.get_num_threads() == 1, "nothing asked for, nothing changed"
        assert said == []
        limit_threads(usable + 1)
    assert torch.get_num_threads() == usable
    assert [(line["threads"], line["processors"]) for line in said] == [(usable + 1, usable)]


def test_a_device_that_is_not_here_is_named() -> None:
    assert find_devices("cpu") == ["cpu"]
    with pytest.raises(ValueError, match="cuda:99"):
        find_devices("cuda:99")
