"""Stacks that run out of memory: halved until their lanes fit, with the bits of the whole stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from stacked import bits, one_lane_per_loss, short_of_memory

from worker.training import engine
from worker.training.engine import train, train_lanes
from worker.training.lanes import Drop, Fold, Lane, LaneResult, Progress, Setup
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]

pytestmark = pytest.mark.usefixtures("backend")


def test_stack_is_halved_when_memory_runs_out(make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, setup, lanes = make_fold(), Setup(epochs=1, batch_size=50), one_lane_per_loss()
    expected = [bits(result) for result in train(lanes, setup, fold)]
    sizes: list[int] = []

    class SmallStack(Stack):
        def __init__(self, lanes: list[Lane], setup: Setup, fold: Fold) -> None:
            sizes.append(len(lanes))
            if len(lanes) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            super().__init__(lanes, setup, fold)

    monkeypatch.setattr(engine, "Stack", SmallStack)
    assert [bits(result) for result in train(lanes, setup, fold)] == expected
    assert sizes == [5, 3, 2, 2, 1]


def test_memory_that_runs_out_later_halves_the_stack_too_and_the_width_is_reported(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, setup, lanes = make_fold(), Setup(epochs=3, batch_size=50), one_lane_per_loss() * 2
    expected = train_lanes(lanes, setup, fold)
    monkeypatch.setattr(engine, "Stack", short_of_memory(above=3, epoch=2))
    outcome = train_lanes(lanes, setup, fold)
    assert [bits(result) for result in kept(outcome.results)] == [bits(result) for result in kept(expected.results)]
    assert (expected.width, outcome.width) == (10, 3)


def kept(results: list[LaneResult | None]) -> list[LaneResult]:
    return [result for result in results if result is not None]


def test_dropped_lanes_do_not_come_back_with_the_next_stack(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, setup, lanes = make_fold(), Setup(epochs=3, batch_size=50), one_lane_per_loss()
    expected = train(lanes, setup, fold)
    monkeypatch.setattr(engine, "Stack", short_of_memory(above=2, epoch=3))
    seen: list[int] = []

    def drop_two(progress: Progress) -> Drop:
        seen.append(progress.lanes)
        return Drop(frozenset({1, 4}))

    results = train_lanes(lanes, setup, fold, on_epoch=drop_two).results
    assert seen == [5, 5, 3, 3, 2, 2, 2, 1, 1, 1]
    assert [None if r is None else bits(r) for r in results] == [
        None if number in (1, 4) else bits(result) for number, result in enumerate(expected)
    ]
