"""The chain of the paper on function changes, and its way back by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from worker.training.derivatives import derivative_at
from worker.training.lanes import Fold, Lane, Setup
from worker.training.losses import logit_gradient
from worker.training.stack import Stack
from worker.training.structure import lane_module, structure_of

MakeFold = Callable[..., Fold]
LANE = Lane(0.1, 0.0, "cross_entropy", 3)


def test_it_has_no_biases() -> None:
    network = structure_of(Setup(network="chain", width=5), (1, 1, 2), 2)
    assert network.parameter_shapes == {"first.weight": (5, 2), "second.weight": (5, 5), "last.weight": (2, 5)}


@pytest.mark.parametrize("derivative", ["relu", "sigmoid", "tanh", "identity"])
def test_its_second_layer_learns_by_the_derivative_that_is_named(make_fold: MakeFold, derivative: str) -> None:
    """One step of plain SGD over the whole fold: W2 <- W2 - eta mean((W3' d) * b(z2) h1'), by hand."""
    fold = make_fold(n_train=60, n_test=20)
    settings = (("layer", "second"), ("derivative", derivative))
    setup = Setup(
        network="chain",
        update_rule="sgd",
        epochs=1,
        batch_size=60,
        weight_decay=0.0,
        backward_rule="substitute",
        backward_settings=settings,
    )
    start = lane_module(structure_of(setup, (1, 8, 8), 10), LANE, setup)
    first, second, last = (value.detach() for value in start.parameters())
    h1: Tensor = (fold.train_images.flatten(1) @ first.T).clamp(min=0)
    z2 = h1 @ second.T
    d = logit_gradient(LANE.loss, z2.clamp(min=0) @ last.T, fold.train_labels)
    delta = d @ last * derivative_at(derivative, z2)
    stack = Stack([LANE], setup, fold)
    stack.run_epoch(1)
    torch.testing.assert_close(stack.parameters(0)["second.weight"], second - 0.1 * delta.T @ h1 / 60)
    assert torch.equal(stack.parameters(0)["first.weight"], first)
    assert torch.equal(stack.parameters(0)["last.weight"], last)
