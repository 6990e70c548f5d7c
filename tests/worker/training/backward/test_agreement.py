"""Every backward rule, under each of its settings: lanes equal the plain loop, and themselves in other company."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from backward_variants import Settings, named, train_alone, variants
from stacked import bits, fitted, largest_gap, one_lane_per_loss, weights_of

from worker.training import engine
from worker.training.engine import train, train_lanes
from worker.training.lanes import LOSSES, Drop, Fold, Lane, Progress, Setup
from worker.training.reference import train_one
from worker.training.rules import names as update_rules
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
pytestmark = pytest.mark.usefixtures("backend")
Variant = tuple[str, Settings]
NETWORKS = [("fig3", None), ("mlp", 1), ("mlp", 64), ("mlp", 100)]
WILD = Lane(1e30, 0.9, "cross_entropy", 2)  # diverges at once

each_variant = pytest.mark.parametrize("variant", variants(), ids=named)
each_network = pytest.mark.parametrize(("network", "width"), NETWORKS)


def setup_with(variant: Variant, network: str = "fig3", width: int | None = None, **others: object) -> Setup:
    rule, settings = variant
    return Setup(network=network, width=width, backward_rule=rule, backward_settings=settings, **others)  # type: ignore[arg-type]


def on_its_backend(variant: Variant, fold: Fold, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps backpropagation on torch where the variant is not compiled: the two backends sum in different orders."""
    if Stack(one_lane_per_loss(), setup_with(variant), fold).backend == "torch":
        monkeypatch.setenv("GOLDEN_NATIVE", "0")


def assert_equals_plain_loop(stack: Stack, number: int, lane: Lane, setup: Setup, fold: Fold) -> None:
    expected = train_alone(lane, setup, fold)
    for name, value in stack.parameters(number).items():
        assert (value - expected[name]).abs().max() <= 1e-9 * expected[name].abs().max(), name


@each_network
@each_variant
def test_a_lane_equals_the_plain_loop_after_an_epoch(
    make_fold: MakeFold, variant: Variant, network: str, width: int | None
) -> None:
    """Every loss, an odd last batch, and a neighbour that diverges."""
    fold = make_fold()
    setup = setup_with(variant, network, width, epochs=1, batch_size=48, drop_last=False)
    lanes = one_lane_per_loss()
    stack = Stack([*lanes, WILD], setup, fold)
    stack.run_epoch(1)
    for number, lane in enumerate(lanes):
        assert_equals_plain_loop(stack, number, lane, setup, fold)


@pytest.mark.parametrize("rule", update_rules())
@each_variant
def test_the_plain_loop_is_the_reference_under_every_update_rule(
    make_fold: MakeFold, variant: Variant, rule: str
) -> None:
    """Weights and metrics, by `train_one`."""
    fold = make_fold(n_train=72)
    setup = setup_with(variant, update_rule=rule, epochs=1, batch_size=32, drop_last=False)
    lanes = fitted(rule, one_lane_per_loss(0.004, 0.6)[2:4])
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    for number, (lane, result) in enumerate(zip(lanes, stack.results(), strict=True)):
        expected, parameters = train_one(lane, setup, fold)
        assert largest_gap(stack, number, parameters) <= 1e-9
        assert result.correct == expected.correct
        assert result.cross_entropy == pytest.approx(expected.cross_entropy, rel=1e-9)


@each_network
@each_variant
def test_reshuffled_lanes_equal_the_plain_loop_after_others_left_and_tiles_were_repacked(
    make_fold: MakeFold, variant: Variant, network: str, width: int | None
) -> None:
    fold = make_fold(n_train=130)
    setup = setup_with(variant, network, width, epochs=3, batch_size=48, drop_last=False, reshuffle=True)
    lanes = [Lane(0.01, 0.6, LOSSES[number % 5], number) for number in range(17)]
    staying = (2, 9, 16)
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    stack.drop({5})  # is frozen within its tile
    stack.run_epoch(2)
    stack.drop(set(range(17)) - set(staying))  # the others fill one tile
    stack.run_epoch(3)
    for number in staying:
        assert_equals_plain_loop(stack, number, lanes[number], setup, fold)


@pytest.mark.parametrize("shape", [(3, 9, 7), (1, 28, 28)])
@each_variant
def test_images_in_several_chunks_equal_the_plain_loop(
    make_fold: MakeFold, variant: Variant, shape: tuple[int, int, int]
) -> None:
    fold = make_fold(shape=shape, n_train=100, n_test=20)
    setup = setup_with(variant, epochs=1, batch_size=70, drop_last=False)
    stack = Stack(one_lane_per_loss(0.01)[:2], setup, fold)
    stack.run_epoch(1)
    for number, lane in enumerate(one_lane_per_loss(0.01)[:2]):
        assert_equals_plain_loop(stack, number, lane, setup, fold)


@pytest.mark.parametrize(("network", "width"), [("fig3", None), ("mlp", 1), ("mlp", 33), ("mlp", 64)])
@each_variant
def test_bits_do_not_depend_on_place_or_company(
    make_fold: MakeFold, variant: Variant, network: str, width: int | None
) -> None:
    fold = make_fold(dtype=torch.float32)
    setup = setup_with(variant, network, width, epochs=1, batch_size=40, drop_last=False)
    lane = Lane(0.05, 0.9, "golden", 11)
    alone = Stack([lane], setup, fold)
    alone.run_epoch(1)
    for place in range(8):
        others = [Lane(0.01 * (1 + i), 0.5, LOSSES[i % 5], i) if i % 3 else WILD for i in range(9)]
        stack = Stack([*others[:place], lane, *others[place:]], setup, fold)
        stack.run_epoch(1)
        assert torch.equal(weights_of(stack, place), weights_of(alone, 0))


@each_variant
def test_lanes_that_leave_and_halved_stacks_change_no_bits(
    make_fold: MakeFold, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, setup = make_fold(dtype=torch.float32), setup_with(variant, epochs=3, batch_size=50)
    lanes = [Lane(0.01 * (1 + n % 4), 0.1 * (n % 9), LOSSES[n % 5], n) for n in range(18)]
    untouched = train(lanes, setup, fold)

    def leave(progress: Progress) -> bool | Drop:
        return Drop(frozenset({3} if progress.epoch == 1 else range(15)))

    for result, expected in zip(train_lanes(lanes, setup, fold, on_epoch=leave).results, untouched, strict=True):
        assert result is None or bits(result) == bits(expected)

    class SmallStack(Stack):
        def __init__(self, lanes: list[Lane], setup: Setup, fold: Fold) -> None:
            if len(lanes) > 6:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            super().__init__(lanes, setup, fold)

    monkeypatch.setattr(engine, "Stack", SmallStack)
    assert [bits(result) for result in train(lanes, setup, fold)] == [bits(result) for result in untouched]


def test_runs_in_one_process_leave_nothing_behind(make_fold: MakeFold) -> None:
    """Every variant before and after every other."""
    fold, lanes = make_fold(dtype=torch.float32), one_lane_per_loss()
    first, again = (
        [
            [bits(result) for result in train(lanes, setup_with(variant, epochs=1, batch_size=50), fold)]
            for variant in order
        ]
        for order in (variants(), variants()[::-1])
    )
    assert first == again[::-1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@each_network
@each_variant
def test_the_forward_pass_is_that_of_backpropagation_to_the_bit(
    make_fold: MakeFold,
    variant: Variant,
    network: str,
    width: int | None,
    dtype: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a learning rate, losses and scores over all steps are those of the same weights."""
    fold, lanes = make_fold(dtype=dtype), one_lane_per_loss(0.0, 0.0)
    on_its_backend(variant, fold, monkeypatch)
    found, expected = (
        train(lanes, setup_with(each, network, width, epochs=2, batch_size=48, drop_last=False), fold)
        for each in (variant, ("backpropagation", ()))
    )
    assert [bits(result) for result in found] == [bits(result) for result in expected]


@each_variant
def test_only_what_lies_before_the_hidden_layer_learns_otherwise(
    make_fold: MakeFold, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one step the last layer is that of backpropagation to the bit, and the first is not."""
    fold = make_fold(n_train=48)
    on_its_backend(variant, fold, monkeypatch)
    stacks = [
        Stack(one_lane_per_loss(), setup_with(each, epochs=1, batch_size=48), fold)
        for each in (variant, ("backpropagation", ()))
    ]
    for stack in stacks:
        stack.run_epoch(1)
    same = variant[0] == "backpropagation" or ("derivative", "relu") in variant[1]
    for number in range(5):
        found, expected = (stack.parameters(number) for stack in stacks)
        equal = {name: torch.equal(value, expected[name]) for name, value in found.items()}
        assert equal == {name: same or name.startswith("last") for name in equal}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@each_variant
def test_results_stay_finite_however_large_the_learning_rate(
    make_fold: MakeFold, variant: Variant, dtype: torch.dtype
) -> None:
    fold, largest = make_fold(dtype=dtype), 1e38 if dtype == torch.float32 else 1e307
    lanes = [Lane(eta, 0.99, loss, 1) for eta in (1e2, 1e10, largest) for loss in LOSSES]
    for result in train(lanes, setup_with(variant, epochs=2, batch_size=50), fold):
        for metric in ("accuracy", "error", "cross_entropy", "own_loss", "loss_area"):
            assert np.isfinite(getattr(result, metric)), metric


@each_variant
def test_it_learns(make_fold: MakeFold, variant: Variant) -> None:
    lanes = [Lane(0.02, 0.5, "cross_entropy", seed) for seed in range(3)]
    for result in train(lanes, setup_with(variant, epochs=12, batch_size=25), make_fold()):
        assert result.divergence is None
        assert result.accuracy > 0.5
