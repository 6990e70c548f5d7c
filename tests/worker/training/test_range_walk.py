"""One training whose learning rate is set anew every some steps: as a plain loop trains it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from worker.training.information import information
from worker.training.lanes import BY_EVERY_LOSS, Fold, Lane, Setup
from worker.training.losses import per_example
from worker.training.networks import build_network, plain_module
from worker.training.population import use_population_statistics
from worker.training.range_walk import walk
from worker.training.rules import names
from worker.training.solo import solo_optimizer
from worker.training.solo_measured import MiDecay

MakeFold = Callable[..., Fold]
ETAS = [0.001, 0.004, 0.016]
LANE = Lane(1.0, 0.5, "golden", 3)


def plain_walk(setup: Setup, fold: Fold) -> tuple[list[float], list[float]]:
    """Information after each stage of seven steps, and the stages' mean losses, of an ordinary module."""
    measures = dataclasses.replace(setup, schedule="mi_decay", schedule_settings=(("held", 0.2),))
    follow = MiDecay(LANE, measures, fold)
    apart, n = follow.fold, len(follow.fold.train_labels)
    module = plain_module(build_network(setup.network, (1, 8, 8), 10), LANE.init_seed)
    optimizer = solo_optimizer(module, LANE, setup)
    generator = torch.Generator().manual_seed(setup.order_seed)
    batches: list[torch.Tensor] = []
    known, losses = [], []
    for eta in ETAS:
        found = []
        for group in optimizer.param_groups:
            group["lr"] = eta
        module.train()
        for _ in range(7):
            if not batches:
                order = torch.randperm(n, generator=generator)
                batches = [order[48 * k : 48 * (k + 1)] for k in range(n // 48)]
            batch = batches.pop(0)
            optimizer.zero_grad()
            loss = per_example(LANE.loss, module(apart.train_images[batch]), apart.train_labels[batch]).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            found.append(float(loss.detach()))
        with torch.no_grad():
            use_population_statistics(module, apart.train_images)
            answers = module.eval()(follow._images).argmax(dim=1).numpy()
        known.append(information(answers, np.array(follow._labels)))
        losses.append(float(np.mean(found)))
    return known, losses


@pytest.mark.parametrize("network", BY_EVERY_LOSS)
@pytest.mark.parametrize("rule", ["heavy_ball", "adam"])
def test_it_is_the_training_of_a_plain_loop(make_fold: MakeFold, backend: str, network: str, rule: str) -> None:
    """Stages longer than an epoch of three batches, with what is left of one going into the next."""
    lane = LANE if rule == "heavy_ball" else dataclasses.replace(LANE, alpha=0.0)
    fold, setup = make_fold(), Setup(network=network, update_rule=rule, batch_size=48, order_seed=4)
    known, losses = plain_walk(setup, fold)
    found = walk(lane, setup, fold, ETAS, steps=7, held=0.2)
    assert [stage[1] for stage in found.stages] == pytest.approx(losses, rel=1e-9)
    assert [stage[0] for stage in found.stages] == pytest.approx(known, abs=1e-12)
    assert found.images == 40
    assert 0.0 <= found.start <= found.entropy


def test_a_rate_that_diverges_ends_it(make_fold: MakeFold, backend: str) -> None:
    found = walk(LANE, Setup(batch_size=48), make_fold(dtype=torch.float32), [0.01, 1e30, 0.01], steps=5, held=0.2)
    (known, loss), last = found.stages
    assert known is not None
    assert loss is not None
    assert last == (None, None)


@pytest.mark.parametrize("rule", names())
def test_every_rule_walks_and_test_images_decide_nothing(make_fold: MakeFold, rule: str) -> None:
    fold, setup = make_fold(dtype=torch.float32), Setup(network="mlp", update_rule=rule, batch_size=300)
    lane = Lane(1.0, 0.0, "golden", 3)
    other = dataclasses.replace(fold, test_images=1.0 - fold.test_images)
    first, again = (walk(lane, setup, each, ETAS, steps=3, held=0.2) for each in (fold, other))
    assert first == again
    assert len(first.stages) == 3
