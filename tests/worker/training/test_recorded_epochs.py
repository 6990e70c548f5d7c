"""Epochs as a device records and replays them, for every rule and schedule, on any machine.

A step count or a rate that were a number of Python's would stay what they were when the epoch was recorded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from dispatched import Recording, epochs_on_meta
from solo_schedules import VARIANTS
from stacked import fitted

from worker.training import rules, schedules
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Fold, Lane, Setup
from worker.training.measured import layers_of
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.threads import lane_threads
from worker.training.tiled import TiledLanes

MakeFold = Callable[..., Fold]
LANES = [Lane(0.01 + 0.002 * n, (0.874, 0.5, 0.0)[n % 3], LOSSES[n % 5], n) for n in range(7)]
SETUP = Setup(epochs=4, batch_size=48, drop_last=False, order_seed=3)
every_training = pytest.mark.parametrize(
    ("network", "rule"),
    [*(("mlp", name) for name in rules.names()), *((name, "heavy_ball") for name in BY_EVERY_LOSS if name != "mlp")],
)
every_schedule = pytest.mark.parametrize("schedule", VARIANTS)


def setup_of(network: str, rule: str, schedule: str) -> Setup:
    name, settings = VARIANTS[schedule]
    return dataclasses.replace(SETUP, network=network, update_rule=rule, schedule=name, schedule_settings=settings)


@every_schedule
@every_training
def test_replayed_epochs_go_on_through_counts_and_rates(
    make_fold: MakeFold, network: str, rule: str, schedule: str
) -> None:
    """One epoch as it is, one that is recorded, two that are replayed, beside four as they are."""
    fold = make_fold(n_train=100, n_test=10)
    setup = setup_of(network, rule, schedule)
    tiled, plain = (
        TiledLanes(build_network(network, (1, 8, 8), 10), setup, fold, fitted(rule, LANES)) for _ in range(2)
    )
    first, *others = orders(setup, 100)
    tiled._epoch(first)
    recording = Recording()
    with lane_threads(1):
        with recording:
            tiled._epoch(others[0])
        for _ in others[1:]:
            recording.replay()
    for order in (first, *others):
        plain._epoch(order)
    for number in range(len(LANES)):
        expected = plain.parameters(number)
        assert all(torch.equal(value, expected[name]) for name, value in tiled.parameters(number).items())
    assert torch.equal(tiled._losses[0], plain._losses[0])


@every_schedule
@every_training
def test_an_epoch_is_the_same_calls_each_time_and_nothing_crosses_to_the_device(
    network: str, rule: str, schedule: str
) -> None:
    setup = setup_of(network, rule, schedule)
    _, *replayed = epochs_on_meta(setup, fitted(rule, LANES))
    assert len(replayed) == 3
    assert replayed[0] == replayed[1] == replayed[2]


def test_nothing_is_added_to_a_training_of_constant_rates() -> None:
    _, still, *_ = epochs_on_meta(SETUP, LANES)
    _, moving, *_ = epochs_on_meta(dataclasses.replace(SETUP, schedule="cosine"), LANES)
    rows = [sum("index_select.out" in line for line in calls) for calls in (still, moving)]
    assert rows == [0, 6], "eta and alpha in each of three steps"


@pytest.mark.parametrize("schedule", [name for name, (of, _) in VARIANTS.items() if schedules.measured(of) is not None])
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_replayed_epochs_take_the_rates_that_were_measured_meanwhile(
    make_fold: MakeFold, network: str, schedule: str
) -> None:
    fold, setup = make_fold(n_train=100, n_test=10), setup_of(network, "heavy_ball", schedule)
    built = build_network(network, (1, 8, 8), 10)
    tiled, plain = (TiledLanes(built, setup, fold, LANES) for _ in range(2))
    layers = len(layers_of(built, setup))
    first, *others = orders(setup, 100)
    measured = [np.outer([lane.eta for lane in LANES], 0.5**epoch / np.arange(1, layers + 1)) for epoch in range(4)]
    tiled._epoch(first)
    recording = Recording()
    with lane_threads(1):
        tiled.set_rates(measured[1])
        with recording:
            tiled._epoch(others[0])
        for eta in measured[2:]:
            tiled.set_rates(eta)
            recording.replay()
    for order, eta in zip((first, *others), (None, *measured[1:]), strict=True):
        if eta is not None:
            plain.set_rates(eta)
        plain._epoch(order)
    for number in range(len(LANES)):
        expected = plain.parameters(number)
        assert all(torch.equal(value, expected[name]) for name, value in tiled.parameters(number).items())
    still = TiledLanes(built, setup, fold, LANES)
    for order in (first, *others):
        still._epoch(order)
    assert not torch.equal(still.parameters(0)["last.weight"], plain.parameters(0)["last.weight"])
