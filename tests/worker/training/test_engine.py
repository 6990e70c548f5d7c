"""Whole stacks: lanes against the plain loop, and against themselves in other company; stops, drops and memory."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from stacked import bits, one_lane_per_loss

from worker.training import engine
from worker.training.engine import train, train_lanes
from worker.training.lanes import (
    BY_EVERY_LOSS,
    LOSSES,
    Drop,
    Fold,
    Lane,
    Progress,
    Setup,
    StackStopped,
)
from worker.training.reference import train_one
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]

pytestmark = pytest.mark.usefixtures("backend")


@pytest.mark.parametrize("reshuffle", [True, False])
def test_curves_equal_plain_loop_over_epochs(make_fold: MakeFold, reshuffle: bool) -> None:
    fold, setup = make_fold(), Setup(epochs=4, batch_size=64, reshuffle=reshuffle, target_accuracy=0.6)
    lanes = one_lane_per_loss(0.01)
    for result, lane in zip(train(lanes, setup, fold), lanes, strict=True):
        expected, _ = train_one(lane, setup, fold)
        np.testing.assert_allclose(result.loss_curve, expected.loss_curve, rtol=1e-6)
        np.testing.assert_allclose(result.cross_entropy_curve, expected.cross_entropy_curve, rtol=1e-6)
        np.testing.assert_array_equal(result.accuracy_curve, expected.accuracy_curve)
        assert result.epochs_to_target == expected.epochs_to_target


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
@pytest.mark.parametrize("batch_size", [32, 50])
def test_bits_do_not_depend_on_the_stack(make_fold: MakeFold, network: str, batch_size: int) -> None:
    fold = make_fold(dtype=torch.float32)
    setup = Setup(network=network, epochs=2, batch_size=batch_size, drop_last=False)
    chance = random.Random(5)
    crowd = [
        Lane(chance.uniform(0.001, 0.1), chance.uniform(0.0, 0.99), chance.choice(LOSSES), chance.randrange(100))
        for _ in range(19)
    ]
    together = train(crowd, setup, fold)
    shuffled = list(range(19))
    chance.shuffle(shuffled)
    for number, result in zip(shuffled, train([crowd[i] for i in shuffled], setup, fold), strict=True):
        assert bits(result) == bits(together[number])
    for number in (0, 7, 18):
        assert bits(train([crowd[number]], setup, fold)[0]) == bits(together[number])


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_diverging_neighbours_leave_a_lane_bit_identical(make_fold: MakeFold, network: str) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(network=network, epochs=3, batch_size=50)
    calm = Lane(0.02, 0.8, "golden", 1)
    company = [calm, *[Lane(0.01, 0.5, "cross_entropy", 2)] * 12]
    wild = [calm, *[Lane(1e30, 0.9, "cross_entropy", 2)] * 12]
    assert bits(train(wild, setup, fold)[0]) == bits(train(company, setup, fold)[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_result_stays_finite_however_large_the_learning_rate(
    make_fold: MakeFold, network: str, loss: str, dtype: torch.dtype
) -> None:
    fold, setup = make_fold(dtype=dtype), Setup(network=network, epochs=2, batch_size=50)
    etas = (1e2, 1e10, 1e38) if dtype == torch.float32 else (1e2, 1e38, 1e307)
    for result in train([Lane(eta, 0.99, loss, 1) for eta in etas], setup, fold):
        for metric in ("accuracy", "error", "cross_entropy", "own_loss", "loss_area"):
            assert np.isfinite(getattr(result, metric)), metric
        assert np.isfinite(result.accuracy_curve).all()
        assert not np.isinf(result.loss_curve).any()


def test_non_finite_lane_reports_the_step_and_scores_chance(make_fold: MakeFold) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(epochs=3, batch_size=50, network="mlp")
    lane = Lane(1e25, 0.9, "cross_entropy", 1)
    (result,) = train([lane], setup, fold)
    expected, _ = train_one(lane, setup, fold)
    assert result.divergence == "non-finite"
    assert result.diverged_at == expected.diverged_at
    assert result.diverged_at is not None and 1 < result.diverged_at < result.steps == 12
    assert result.correct == 7
    assert result.cross_entropy == pytest.approx(np.log(10))
    assert result.loss_area == 1.0
    assert np.isnan(result.loss_curve).all()


def test_lane_that_never_leaves_chance_has_diverged(make_fold: MakeFold) -> None:
    fold, setup = make_fold(), Setup(epochs=1, batch_size=50, weight_decay=0.0)
    (result,) = train([Lane(0.0, 0.0, "golden", 2)], setup, fold)
    assert result.divergence == "chance"
    assert result.diverged_at == result.steps == 4
    assert result.epochs_to_target is None
    assert np.isfinite(result.loss_curve).all()


def test_diverged_lanes_are_dropped_from_the_stack(make_fold: MakeFold) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(epochs=3, batch_size=50)
    lanes = [Lane(1e30, 0.9, "cross_entropy", seed) for seed in range(20)] + [Lane(0.02, 0.5, "golden", 7)]
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return True

    results = train(lanes, setup, fold, on_epoch=watch)
    assert [progress.epoch for progress in seen] == [1, 2, 3]
    assert seen[-1] == Progress(epoch=3, epochs=3, alive=1, lanes=21)
    assert [result.divergence for result in results] == ["non-finite"] * 20 + [None]


def test_same_seed_gives_the_same_result_twice(make_fold: MakeFold) -> None:
    fold, setup, lanes = make_fold(dtype=torch.float32), Setup(epochs=2, batch_size=50), one_lane_per_loss()
    assert [bits(r) for r in train(lanes, setup, fold)] == [bits(r) for r in train(lanes, setup, fold)]


def test_stopping_raises_and_returns_nothing(make_fold: MakeFold) -> None:
    calls: list[int] = []

    def stop_at_two(progress: Progress) -> bool:
        calls.append(progress.epoch)
        return progress.epoch < 2

    with pytest.raises(StackStopped):
        train(one_lane_per_loss(), Setup(epochs=5, batch_size=50), make_fold(), on_epoch=stop_at_two)
    assert calls == [1, 2]


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
@pytest.mark.parametrize("leaving", [{3}, {0, 5, 9, 18}, set(range(18))], ids=len)
def test_dropped_lanes_leave_no_result_and_the_others_bit_identical(
    make_fold: MakeFold, network: str, leaving: set[int]
) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(network=network, epochs=4, batch_size=50)
    lanes = [Lane(0.01 * (1 + n % 4), 0.1 * (n % 9), LOSSES[n % 5], n) for n in range(18)]
    lanes.append(Lane(1e30, 0.9, "cross_entropy", 1))  # diverges, and so leaves by itself
    alive: list[int] = []

    def drop_at_two(progress: Progress) -> bool | Drop:
        alive.append(progress.alive)
        return Drop(frozenset(leaving)) if progress.epoch >= 2 else True

    results = train_lanes(lanes, setup, fold, on_epoch=drop_at_two).results
    untouched = train(lanes, setup, fold)
    assert {number for number, result in enumerate(results) if result is None} == leaving
    for result, expected in zip(results, untouched, strict=True):
        assert result is None or bits(result) == bits(expected)
    assert alive == [18, 18, 18 - len(leaving - {18}), 18 - len(leaving - {18})]


def test_a_stack_that_everybody_left_ends(make_fold: MakeFold) -> None:
    epochs: list[int] = []

    def drop_all(progress: Progress) -> Drop:
        epochs.append(progress.epoch)
        return Drop(frozenset(range(5)))

    setup = Setup(epochs=5, batch_size=50)
    assert train_lanes(one_lane_per_loss(), setup, make_fold(), on_epoch=drop_all).results == [None] * 5
    assert epochs == [1]


def test_single_lane_out_of_memory_and_other_errors_are_raised(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    for message in ("out of memory", "shapes do not match"):

        def fail(*_: object, message: str = message) -> Stack:
            raise RuntimeError(message)

        monkeypatch.setattr(engine, "Stack", fail)
        with pytest.raises(RuntimeError, match=message):
            train([Lane(0.1, 0.5, "sse", 0)], Setup(), make_fold())


@pytest.mark.parametrize(
    ("setup", "lane", "field"),
    [
        (Setup(network="resnet"), Lane(0.1, 0.5, "sse", 0), "name"),
        (Setup(update_rule="lion"), Lane(0.1, 0.5, "sse", 0), "update_rule"),
        (Setup(schedule="cyclic"), Lane(0.1, 0.5, "sse", 0), "schedule"),
        (Setup(schedule_settings=(("end", 0.1),)), Lane(0.1, 0.5, "sse", 0), "schedule_settings"),
        (Setup(schedule="cosine", schedule_settings=(("end", 2.0),)), Lane(0.1, 0.5, "sse", 0), "end"),
        (Setup(initialisation="he"), Lane(0.1, 0.5, "sse", 0), "initialisation"),
        (Setup(epochs=0), Lane(0.1, 0.5, "sse", 0), "epochs"),
        (Setup(), Lane(0.1, 0.5, "hinge", 0), "loss"),
        (Setup(), Lane(float("nan"), 0.5, "sse", 0), "eta"),
        (Setup(), Lane(0.1, float("inf"), "sse", 0), "alpha"),
    ],
)
def test_unknown_or_impossible_settings_are_refused(make_fold: MakeFold, setup: Setup, lane: Lane, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        train([lane], setup, make_fold())


def test_batch_larger_than_the_fold_is_the_whole_fold(make_fold: MakeFold) -> None:
    fold = make_fold(n_train=60)
    big, exact = (train([Lane(0.02, 0.5, "sse", 1)], Setup(epochs=2, batch_size=b), fold)[0] for b in (128, 60))
    assert bits(big) == bits(exact)
    assert big.steps == 2


def test_no_lanes_give_no_results(make_fold: MakeFold) -> None:
    assert train([], Setup(), make_fold()) == []


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_bits_do_not_depend_on_the_number_of_threads(make_fold: MakeFold, network: str, restored_threads: None) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(network=network, epochs=2, batch_size=50, reshuffle=True)
    lanes = one_lane_per_loss() * 5
    alone = [bits(result) for result in train(lanes, setup, fold)]
    torch.set_num_threads(3)
    assert [bits(result) for result in train(lanes, setup, fold)] == alone
    assert torch.get_num_threads() == 3
