"""A function in processes of its own: the same results, and nothing that outlives the trainer."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import spawned_trainers
from memory_source import MemorySource, lease
from waiting import join_all, wait_until

from studies.errors import GoldenError
from studies.external.backlog import Backlog
from studies.external.children import ProcessTrainer
from studies.external.loop import run_trials
from studies.external.outcome import RunEnd
from studies.external.trial import CallableTrainer, folder_of


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes find the functions."""
    support = Path(spawned_trainers.__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{support}{os.pathsep}{support.parents[1]}")


def test_several_processes_do_what_one_thread_would(tmp_path: Path) -> None:
    one, several = MemorySource(12), MemorySource(12)
    run_trials(one, CallableTrainer(spawned_trainers.train, tmp_path))
    with ProcessTrainer(spawned_trainers.train, tmp_path) as trainer:
        run_trials(several, trainer, jobs=2)
        assert len(trainer._children) == 2
    values = [{i: (end.runs or {})[0].value for i, end in source.results.items()} for source in (one, several)]
    assert values[0] == values[1]


def test_broken_failed_and_killed_trainings_are_what_they_are_elsewhere(tmp_path: Path) -> None:
    source = MemorySource(6)
    with ProcessTrainer(spawned_trainers.odd, tmp_path, devices=("0", "1")) as trainer:
        run_trials(source, trainer)
    broke = {i - 1 for i, end in source.results.items() if (end.runs or {})[0].diverged}
    assert broke == {0, 3}
    failures = {end.id - 1: end.failed or "" for end in source.failures}
    assert failures[1] == "the process of the training ended by signal 9"
    assert failures[2].startswith("ValueError: the disk is full\n")
    assert {value.id for value in source.steps} >= {1, 4, 5, 6}
    pids = {path.name for number in range(6) for path in folder_of(tmp_path, lease(number), 0).iterdir()}
    assert len(pids) == 2, "one process for all, and one in the place of the one that was killed"
    assert str(os.getpid()) not in pids


def test_a_run_that_is_called_off_ends_its_process(tmp_path: Path) -> None:
    backlog = Backlog(1)
    backlog.add([lease(0)])
    task = backlog.take(0)
    assert task is not None
    ends: list[RunEnd | None] = []
    with ProcessTrainer(spawned_trainers.hang, tmp_path) as trainer:
        thread = threading.Thread(target=lambda: ends.append(trainer(task)))
        thread.start()
        ready = folder_of(tmp_path, lease(0), 0) / "ready"
        wait_until(lambda: ready.exists() and ready.read_text(), what="the training")
        backlog.lose([1])
        join_all(thread)
    assert ends == [None]
    assert not Path(f"/proc/{ready.read_text()}").exists()


def test_a_function_that_no_other_process_finds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GoldenError, match="cannot be sent to another process"):
        ProcessTrainer(lambda _trial: 0.5, tmp_path)

    def train(_trial: object) -> float:
        return 0.5

    train.__module__ = "__main__"
    monkeypatch.delattr("__main__.__file__", raising=False)
    with pytest.raises(GoldenError, match="in a notebook or console"):
        ProcessTrainer(train, tmp_path)
