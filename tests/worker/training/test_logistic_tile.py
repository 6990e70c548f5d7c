"""Logistic networks on the torch backend: as the plain loop, under every backward rule, target and look."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch
from stacked import bits, largest_gap

from worker.training.derivatives import DERIVATIVES
from worker.training.engine import train
from worker.training.lanes import Fold, Lane, Setup
from worker.training.reference import train_one
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
LANES = [Lane(0.3, 0.5, "sse", 1), Lane(0.1, 0.9, "sse", 2), Lane(1.0, 0.0, "sse", 1)]
BASE = Setup(network="logistic", width=13, epochs=2, batch_size=32, drop_last=False, reshuffle=True, weight_decay=1e-3)


def sending(derivative: str) -> Setup:
    settings = (("layer", "output"), ("derivative", derivative))
    return dataclasses.replace(BASE, backward_rule="substitute", backward_settings=settings)


def assert_as_the_plain_loop(setup: Setup, fold: Fold) -> None:
    stack = Stack(LANES, setup, fold)
    for epoch in range(1, setup.epochs + 1):
        stack.run_epoch(epoch)
    assert stack.backend == "torch"
    for number, (lane, result) in enumerate(zip(LANES, stack.results(), strict=True)):
        expected, parameters = train_one(lane, setup, fold)
        assert largest_gap(stack, number, parameters) <= 1e-9
        assert result.correct == expected.correct
        for metric in ("cross_entropy", "own_loss", "loss_area"):
            assert getattr(result, metric) == pytest.approx(getattr(expected, metric), rel=1e-9), metric


@pytest.mark.parametrize("targets", ["zero_one", "offset"])
@pytest.mark.parametrize("initialisation", ["glorot_uniform", "normal"])
@pytest.mark.parametrize("width", [1, 13, 64])
def test_lanes_equal_the_plain_loop(make_fold: MakeFold, width: int, initialisation: str, targets: str) -> None:
    settings = (("sd", 0.3),) if initialisation == "normal" else ()
    setup = dataclasses.replace(BASE, width=width, targets=targets, initialisation=initialisation)
    assert_as_the_plain_loop(dataclasses.replace(setup, initialisation_settings=settings), make_fold(n_train=90))


@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_what_goes_back_from_the_outputs_may_be_another_function(make_fold: MakeFold, derivative: str) -> None:
    assert_as_the_plain_loop(sending(derivative), make_fold(n_train=90))


def test_the_outputs_own_weights_keep_their_gradient(make_fold: MakeFold) -> None:
    """After one step the last layer is that of backpropagation, and the first is not."""
    fold = make_fold(n_train=48)
    stacks = [Stack(LANES, dataclasses.replace(s, batch_size=48), fold) for s in (BASE, sending("identity"))]
    for stack in stacks:
        stack.run_epoch(1)
    plain, changed = (stack.parameters(0) for stack in stacks)
    assert torch.equal(plain["last.weight"], changed["last.weight"])
    assert not torch.isclose(plain["first.weight"], changed["first.weight"], rtol=1e-3).all()


def test_bits_do_not_depend_on_company(make_fold: MakeFold) -> None:
    fold = make_fold(n_train=90, dtype=torch.float32)
    setup = dataclasses.replace(sending("identity"), width=45)
    wild = [Lane(1e30, 0.9, "sse", 9)] * 9
    together = [bits(result) for result in train([*LANES, *wild], setup, fold)]
    for number, lane in enumerate(LANES):
        assert bits(train([lane], setup, fold)[0]) == together[number]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"backward_rule": "feedback_alignment"}, "needs a network of ReLU units"),
        (
            {"backward_rule": "substitute", "backward_settings": (("layer", "first"), ("derivative", "tanh"))},
            "must be one of output",
        ),
        ({"targets": "other"}, "`targets` must be one of zero_one, offset"),
        ({"initialisation": "normal", "initialisation_settings": (("sd", 0.0),)}, "must be positive"),
        ({"evaluate_every": 0}, "`evaluate_every` and `patience` must be positive"),
        ({"patience": -1}, "`evaluate_every` and `patience` must be positive"),
    ],
)
def test_what_cannot_be_trained_is_refused(make_fold: MakeFold, changes: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        train(LANES, dataclasses.replace(BASE, **changes), make_fold(n_train=48))  # type: ignore[arg-type]


@pytest.mark.parametrize("loss", ["golden", "cross_entropy"])
def test_no_other_loss_trains_it(make_fold: MakeFold, loss: str) -> None:
    with pytest.raises(ValueError, match="`loss` must be one of sse"):
        train([Lane(0.1, 0.0, loss, 1)], BASE, make_fold(n_train=48))
