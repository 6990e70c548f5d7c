"""The plain loop: what everything else is measured against must itself be right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch

from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import batches_of, orders
from worker.training.networks import build_network, is_decayed, module_parameters, plain_module
from worker.training.reference import train_one

MakeFold = Callable[..., Fold]


@pytest.mark.parametrize("rule", ["heavy_ball", "nesterov"])
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_it_steps_as_eq_4_is_written(make_fold: MakeFold, network: str, rule: str) -> None:
    """dw(t) = alpha dw(t-1) - eta g(t), written out by hand; nesterov looks ahead by alpha v."""
    fold, lane = make_fold(n_train=96), Lane(0.05, 0.8, "sse", 3)
    setup = Setup(network=network, update_rule=rule, epochs=1, batch_size=32, weight_decay=1e-3, order_seed=5)
    structure = build_network(network, (1, 8, 8), 10)
    module = plain_module(structure, lane.init_seed)
    names = {"norm.weight": "norm.scale", "norm.bias": "norm.offset"}
    velocity = {name: torch.zeros_like(value) for name, value in module.named_parameters()}
    (order,) = orders(setup, 96)
    for indices in batches_of(order, setup):
        module.zero_grad()
        per_example("sse", module(fold.train_images[indices]), fold.train_labels[indices]).mean().backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for name, value in module.named_parameters():
                decay = setup.weight_decay if is_decayed(names.get(name, name)) else 0.0
                assert value.grad is not None
                gradient = value.grad + decay * value
                velocity[name] = lane.alpha * velocity[name] + gradient
                ahead = gradient + lane.alpha * velocity[name] if rule == "nesterov" else velocity[name]
                value -= lane.eta * ahead
    _, found = train_one(lane, setup, fold)
    for name, value in module_parameters(structure, module).items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_it_learns_and_reports_every_epoch(make_fold: MakeFold, loss: str) -> None:
    setup = Setup(network="mlp", epochs=8, batch_size=25, target_accuracy=0.5)
    result, _ = train_one(Lane(0.05, 0.8, loss, 1), setup, make_fold())
    assert (result.divergence, result.steps) == (None, 64)
    assert result.accuracy > 0.5
    assert result.loss_curve[-1] < result.loss_curve[0]
    assert result.epochs_to_target is not None
    assert result.accuracy_curve[int(result.epochs_to_target) - 1] >= 0.5


def test_a_diverging_run_stops_and_counts_the_steps_of_the_full_schedule(make_fold: MakeFold) -> None:
    setup = Setup(network="mlp", epochs=5, batch_size=50)
    result, _ = train_one(Lane(1e25, 0.9, "cross_entropy", 1), setup, make_fold(dtype=torch.float32))
    assert (result.divergence, result.steps) == ("non-finite", 20)
    assert result.diverged_at is not None and result.diverged_at <= 4


def test_the_same_seeds_give_the_same_run(make_fold: MakeFold) -> None:
    fold, setup, lane = make_fold(), Setup(epochs=1, batch_size=50, order_seed=1), Lane(0.02, 0.5, "golden", 2)
    first, again = (train_one(lane, setup, fold)[0] for _ in range(2))
    assert first.cross_entropy == again.cross_entropy
    other, _ = train_one(lane, dataclasses.replace(setup, order_seed=2), fold)
    assert other.cross_entropy != first.cross_entropy
