"""A stack, epoch by epoch: each lane equals the plain loop, wherever it lies, until it diverges or is dropped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from stacked import WEIGHT_TOLERANCE, one_lane_per_loss, weights_of

from worker.training.derivatives import DERIVATIVES
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Fold, Lane, Setup
from worker.training.native.lanes import RULES
from worker.training.reference import train_one
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
pytestmark = pytest.mark.usefixtures("backend")


@pytest.mark.parametrize("dtype", WEIGHT_TOLERANCE, ids=str)
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("drop_last", [True, False])
def test_lane_equals_plain_loop(
    make_fold: MakeFold, dtype: torch.dtype, network: str, rule: str, drop_last: bool
) -> None:
    fold = make_fold(dtype=dtype)
    setup = Setup(network=network, update_rule=rule, epochs=1, batch_size=48, drop_last=drop_last, order_seed=3)
    lanes = one_lane_per_loss()
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    for number, result in enumerate(stack.results()):
        expected, parameters = train_one(lanes[number], setup, fold)
        for name, value in stack.parameters(number).items():
            gap = (value - parameters[name]).abs().max() / parameters[name].abs().max()
            assert gap <= WEIGHT_TOLERANCE[dtype], name
        assert result.correct == expected.correct
        assert result.steps == expected.steps
        for metric in ("cross_entropy", "own_loss", "loss_area"):
            assert getattr(result, metric) == pytest.approx(getattr(expected, metric), rel=WEIGHT_TOLERANCE[dtype])


@pytest.mark.parametrize("shape", [(3, 9, 7), (1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_lane_equals_plain_loop_on_other_image_shapes(
    make_fold: MakeFold, shape: tuple[int, int, int], network: str
) -> None:
    fold = make_fold(shape=shape, n_train=48, n_test=20)
    setup = Setup(network=network, epochs=1, batch_size=24)
    lanes = one_lane_per_loss(0.01)[:3]
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    for number, lane in enumerate(lanes):
        _, parameters = train_one(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            torch.testing.assert_close(value, parameters[name], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("network", ["mlp"])
@pytest.mark.parametrize("width", [1, 64, 100])
def test_lane_equals_plain_loop_at_other_widths(make_fold: MakeFold, network: str, width: int) -> None:
    fold = make_fold()
    setup = Setup(network=network, width=width, epochs=1, batch_size=48, drop_last=False)
    stack = Stack(one_lane_per_loss(), setup, fold)
    stack.run_epoch(1)
    for number, lane in enumerate(one_lane_per_loss()):
        _, parameters = train_one(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            torch.testing.assert_close(value, parameters[name], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("network", "width"), [*((name, None) for name in BY_EVERY_LOSS), *(("mlp", n) for n in (1, 3, 33, 100))]
)
def test_weights_do_not_depend_on_the_place_in_a_tile(make_fold: MakeFold, network: str, width: int | None) -> None:
    fold = make_fold(dtype=torch.float32)
    setup = Setup(network=network, width=width, epochs=1, batch_size=40, drop_last=False)
    lane = Lane(0.05, 0.9, "golden", 11)
    alone = Stack([lane], setup, fold)
    alone.run_epoch(1)
    for place in range(8):
        others = [Lane(0.01 * (1 + i), 0.5, LOSSES[i % 5], i) for i in range(9)]
        lanes = [*others[:place], lane, *others[place:]]
        stack = Stack(lanes, setup, fold)
        stack.run_epoch(1)
        assert torch.equal(weights_of(stack, place), weights_of(alone, 0))


def test_compiled_kernels_train_where_they_are_wanted(make_fold: MakeFold, backend: str) -> None:
    assert Stack(one_lane_per_loss(), Setup(), make_fold()).backend == backend
    assert Stack(one_lane_per_loss(), Setup(network="mlp"), make_fold()).backend == "torch"


def test_compiled_kernels_train_the_backward_rules_that_they_have(make_fold: MakeFold, backend: str) -> None:
    def chosen(rule: str, **settings: str) -> str:
        return Stack(
            one_lane_per_loss(), Setup(backward_rule=rule, backward_settings=tuple(settings.items())), make_fold()
        ).backend

    assert chosen("feedback_alignment") == backend
    for name in DERIVATIVES:
        has_it = name != "gelu"  # there is no error function among the kernels
        assert chosen("substitute", layer="first", derivative=name) == (backend if has_it else "torch")


def test_low_precision_is_trained_by_torch(make_fold: MakeFold) -> None:
    assert Stack(one_lane_per_loss(), Setup(precision="bf16"), make_fold(dtype=torch.float32)).backend == "torch"


def test_dropped_and_diverged_lanes_are_alive_no_more(make_fold: MakeFold) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(epochs=2, batch_size=50)
    stack = Stack([*one_lane_per_loss(0.01), Lane(1e30, 0.9, "cross_entropy", 1)], setup, fold)
    assert stack.alive == 6
    stack.run_epoch(1)
    assert stack.alive == 5, "one diverged"
    assert stack.drop({0, 5})
    assert stack.alive == 4
    stack.run_epoch(2)
    assert not stack.drop(range(6)), "no lane is left"
    results = stack.results()
    assert np.isfinite(results[1].loss_curve).all()
    assert np.isnan(results[0].loss_curve).tolist() == [False, True]
    assert results[5].divergence == "non-finite"


def test_a_stack_without_living_lanes_does_nothing_in_an_epoch(make_fold: MakeFold) -> None:
    stack = Stack(one_lane_per_loss(), Setup(epochs=2, batch_size=50), make_fold())
    stack.run_epoch(1)
    before = [result.loss_curve.tobytes() for result in stack.results()]
    stack.drop(range(5))
    stack.run_epoch(2)
    assert [result.loss_curve.tobytes() for result in stack.results()] == before
