"""Stacks trained in tf32 and bf16, emulated on a CPU: the engine's promises, and how far they stray from fp32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from worker.training.engine import train
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Fold, Lane, Setup
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
# Largest gap after one step, relative to the step: some 4 roundings of 2^-12 and 2^-9, and one unit in a few hundred
# whose input the rounding carries across the ReLU's corner.
LOW = {"tf32": 0.04, "bf16": 0.16}
LANES = [Lane(0.01 * (1 + number), 0.5, LOSSES[number % 5], number) for number in range(11)]


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_bits_do_not_depend_on_the_stack(make_fold: MakeFold, network: str, precision: str) -> None:
    fold = make_fold(dtype=torch.float32)
    setup = Setup(network=network, epochs=2, batch_size=50, drop_last=False, precision=precision)
    wild = [Lane(1e30, 0.9, "cross_entropy", 2)] * 5
    together = train([*LANES, *wild], setup, fold)
    for number in (0, 4, 10):
        (alone,) = train([LANES[number]], setup, fold)
        assert alone.loss_curve.tobytes() == together[number].loss_curve.tobytes()
        assert alone.correct == together[number].correct


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_weights_stray_by_the_rounding_and_no_more(make_fold: MakeFold, network: str, precision: str) -> None:
    """One step: each parameter's gap, relative to how far it moved. A unit may also cross the ReLU's corner."""
    fold = make_fold(dtype=torch.float32, n_train=48)
    setup = Setup(network=network, epochs=1, batch_size=48)
    exact, coarse = (Stack(LANES, replace(setup, precision=chosen), fold) for chosen in ("fp32", precision))
    for stack in (exact, coarse):
        stack.run_epoch(1)
    start = Stack(LANES, setup, fold)
    for number in range(len(LANES)):
        before, expected, values = (stack.parameters(number) for stack in (start, exact, coarse))
        for name in values:
            gap = (values[name] - expected[name]).norm() / (expected[name] - before[name]).norm()
            assert 0 < gap <= LOW[precision], name


def test_low_precision_is_for_float32_images(make_fold: MakeFold) -> None:
    with pytest.raises(ValueError, match=r"`precision` tf32 is for float32 images, got torch\.float64"):
        train(LANES[:1], Setup(epochs=1, precision="tf32"), make_fold(dtype=torch.float64))


def test_the_log_tells_that_it_is_emulated(make_fold: MakeFold, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="worker.training.engine"):
        train(LANES[:1], Setup(epochs=1, precision="bf16"), make_fold(dtype=torch.float32))
    assert caplog.records[0].__dict__["precision"] == "bf16, emulated: no faster than fp32"
