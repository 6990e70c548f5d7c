"""The choice of a stack's size: a setting, the memory, or what memory running out has taught."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from in_process import make_runner, submit

from studies.records import TrialState
from studies.storage import listing, overview, workers
from studies.storage.engine import Database
from worker.stack_size import StackSize
from worker.training import engine
from worker.training.engine import CPU_STACK
from worker.training.lanes import Fold, Lane, Setup
from worker.training.stack import Stack


def fold() -> Fold:
    return Fold(torch.zeros(20, 1, 8, 8), torch.arange(20) % 10, torch.zeros(5, 1, 8, 8), torch.arange(5), 10)


def test_a_setting_goes_before_the_memory() -> None:
    assert StackSize(3).choose(Setup(), fold()) == 3
    assert StackSize(0).choose(Setup(), fold()) == CPU_STACK


def test_what_ran_out_of_memory_is_remembered_for_its_kind_alone() -> None:
    size = StackSize(0)
    size.trained(Setup(order_seed=1), fold(), lanes=CPU_STACK, fitted=CPU_STACK // 4)
    assert size.choose(Setup(order_seed=2), fold()) == CPU_STACK // 4
    assert size.choose(Setup(batch_size=2), fold()) == CPU_STACK
    assert StackSize(2).choose(Setup(), fold()) == 2


@pytest.mark.parametrize("epoch", [1, 2])
def test_memory_that_runs_out_halves_the_stack_which_is_logged_shown_and_remembered(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, epoch: int
) -> None:
    class SmallDevice(Stack):
        def __init__(self, lanes: list[Lane], setup: Setup, fold: Fold) -> None:
            super().__init__(lanes, setup, fold)
            self.width = len(lanes)

        def run_epoch(self, number: int) -> None:
            if number == epoch and self.width > 8:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            super().run_epoch(number)

    monkeypatch.setattr(engine, "Stack", SmallDevice)
    submit(database, contexts=[{"name": "digits", "dataset": "digits", "images": 300, "epochs": 2, "batch_size": 50}])
    runner = make_runner(database, tmp_path)
    runner.run(idle_exit=0.1)
    assert overview.get(database, "small").summary.state == "complete"
    assert {row.state for row in listing.trials_page(database, "small", limit=500).items} == {TrialState.COMPLETE}
    runner.status.beat({})
    (row,) = workers.list_workers(database)
    assert 1 < row.stack_limit <= 8
    halved = [record for record in caplog.records if record.message == "stack halved after running out of memory"]
    assert halved
    assert {record.levelname for record in halved} == {"WARNING"}
