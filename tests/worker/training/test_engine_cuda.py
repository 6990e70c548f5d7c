"""The engine on a CUDA device, held to the same promises as on the CPU."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch

from worker.training.engine import max_lanes, train
from worker.training.lanes import LOSSES, NETWORKS, UPDATE_RULES, Fold, Lane, Setup
from worker.training.reference import train_one
from worker.training.stack import Stack

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: the engine is tested on the CPU only"),
]

MakeFold = Callable[..., Fold]
WEIGHT_TOLERANCE = {torch.float64: 1e-9, torch.float32: 5e-5}


def on_cuda(fold: Fold) -> Fold:
    tensors = {
        field.name: getattr(fold, field.name).cuda() for field in dataclasses.fields(fold) if field.name != "classes"
    }
    return dataclasses.replace(fold, **tensors)


@pytest.mark.parametrize("dtype", WEIGHT_TOLERANCE, ids=str)
@pytest.mark.parametrize("rule", UPDATE_RULES)
@pytest.mark.parametrize("network", NETWORKS)
def test_lane_equals_plain_loop(make_fold: MakeFold, network: str, rule: str, dtype: torch.dtype) -> None:
    fold = on_cuda(make_fold(shape=(1, 28, 28), dtype=dtype))
    setup = Setup(network=network, update_rule=rule, epochs=1, batch_size=48, drop_last=False)
    lanes = [Lane(0.01, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    for number, lane in enumerate(lanes):
        _, parameters = train_one(lane, setup, fold)
        for name, value in stack.parameters(number).items():
            gap = (value - parameters[name]).abs().max() / parameters[name].abs().max()
            assert gap <= WEIGHT_TOLERANCE[dtype], name


@pytest.mark.parametrize("network", NETWORKS)
def test_bits_do_not_depend_on_the_stack(make_fold: MakeFold, network: str) -> None:
    fold = on_cuda(make_fold(dtype=torch.float32))
    setup = Setup(network=network, epochs=2, batch_size=50, drop_last=False)
    lanes = [Lane(0.01 * (1 + number), 0.5, LOSSES[number % 5], number) for number in range(19)]
    together = train(lanes, setup, fold)
    for number in (0, 7, 18):
        (alone,) = train([lanes[number]], setup, fold)
        assert alone.correct == together[number].correct
        assert alone.loss_curve.tobytes() == together[number].loss_curve.tobytes()


def test_stack_size_comes_from_free_memory(make_fold: MakeFold) -> None:
    assert max_lanes(Setup(), on_cuda(make_fold())) > 64
