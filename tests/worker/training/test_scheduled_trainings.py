"""Stacked trainings under every schedule: against a solo loop, in other company, halved and repacked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scheduled_loop import train_alone
from solo_schedules import RATES, SETTINGS, VARIANTS, noisy
from stacked import bits, fitted, largest_gap, short_of_memory

from worker.training import engine, rules, schedules
from worker.training.engine import train, train_lanes
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Drop, Fold, Lane, Progress, Setup
from worker.training.measured import by_layer
from worker.training.minibatches import orders
from worker.training.rates import Length, Rates
from worker.training.reference import train_one
from worker.training.solo_measured import FOLLOWERS
from worker.training.stack import Stack
from worker.training.tiled import TiledLanes

MakeFold = Callable[..., Fold]
TOLERANCE = 1e-9  # relative to the largest weight of a parameter, float64
every_schedule = pytest.mark.parametrize("schedule", VARIANTS)
TABLED = [name for name in schedules.names() if schedules.measured(name) is None]


def setup_of(schedule: str, **others: object) -> Setup:
    """Four epochs of five steps, the last of them on a batch of 8 of the 200 images."""
    name, settings = VARIANTS[schedule]
    setup = Setup(schedule=name, schedule_settings=settings, epochs=4, batch_size=48, drop_last=False, order_seed=3)
    return dataclasses.replace(setup, **others)  # type: ignore[arg-type]


def some_lanes(count: int = 7) -> list[Lane]:
    return [Lane(0.01 + 0.002 * n, (0.874, 0.5, 0.0)[n % 3], LOSSES[n % 5], n) for n in range(count)]


def solo_rates(lane: Lane, setup: Setup, length: Length) -> Rates | None:
    """The schedule's rates from its solo reference; None for one that measures, whose solo reference follows."""
    if setup.schedule not in TABLED:
        return None
    own = schedules.own_values(setup.schedule, setup.schedule_settings)
    rows = [RATES[setup.schedule](step, length, lane.eta, lane.alpha, own) for step in range(length.steps)]
    return Rates(*np.array(rows).T)


def test_every_schedule_has_settings_and_a_solo_reference() -> None:
    assert set(schedules.names()) == set(SETTINGS) == set(RATES) | set(FOLLOWERS)
    assert set(TABLED) == set(RATES)


@every_schedule
@pytest.mark.parametrize("rule", ["heavy_ball", "nesterov"])
@pytest.mark.parametrize(
    ("network", "epochs", "dropped"),
    [*((name, epochs, False) for name in BY_EVERY_LOSS for epochs in (1, 4)), ("softmax", 3, True)],
)
def test_a_lane_ends_where_the_solo_loop_ends(
    make_fold: MakeFold, backend: str, schedule: str, rule: str, network: str, epochs: int, dropped: bool
) -> None:
    """One epoch with an odd last batch, a whole training with another order in each epoch, and with dropped batches."""
    fold = noisy(make_fold(), VARIANTS[schedule][0])
    setup = setup_of(
        schedule, network=network, update_rule=rule, epochs=epochs, reshuffle=epochs > 1, drop_last=dropped
    )
    lanes = some_lanes()
    stack = Stack([*lanes, Lane(1e30, 0.9, "cross_entropy", 2)], setup, fold)
    assert stack.backend == ("torch" if by_layer(setup) else backend)
    for epoch in range(1, epochs + 1):
        stack.run_epoch(epoch)
    own = schedules.own_values(setup.schedule, setup.schedule_settings)
    for number, lane in enumerate(lanes):
        losses, parameters = train_alone(lane, setup, fold, own)
        assert largest_gap(stack, number, parameters) <= TOLERANCE
        last = stack.results()[number].loss_curve[-1]
        assert float(last) == pytest.approx(np.mean(losses[-len(losses) // epochs :]), rel=1e-6)


@every_schedule
@pytest.mark.parametrize("rule", rules.names())
def test_every_rule_takes_its_rates_from_the_schedule(
    make_fold: MakeFold, backend: str, schedule: str, rule: str
) -> None:
    """Epochs with an odd last batch, another order in each, lanes that leave and one that diverges.

    A schedule that measures first moves after the second epoch; steps are smaller, or rounding grows meanwhile.
    """
    fold = noisy(make_fold(n_train=90, n_test=20), VARIANTS[schedule][0])
    epochs, scale = (2, 1.0) if schedule in TABLED else (3, 0.1)
    setup = setup_of(schedule, update_rule=rule, epochs=epochs, batch_size=32, reshuffle=True)
    calm = [dataclasses.replace(lane, eta=scale * lane.eta) for lane in some_lanes(11)]
    lanes = fitted(rule, [*calm, Lane(1e30, 0.9, "cross_entropy", 2)])
    stack = Stack(lanes, setup, fold)
    assert stack.backend == ("torch" if by_layer(setup) else backend)
    stack.run_epoch(1)
    stack.drop(range(3, 9))
    for epoch in range(2, epochs + 1):
        stack.run_epoch(epoch)
    for number in (0, 1, 2, 10):
        _, expected = train_one(lanes[number], setup, fold, solo_rates(lanes[number], setup, Length(3 * epochs, 3)))
        assert largest_gap(stack, number, expected) <= TOLERANCE


@every_schedule
def test_dropped_lanes_and_repacked_tiles_leave_the_others_at_their_rates(make_fold: MakeFold, schedule: str) -> None:
    """19 lanes fill three tiles; after the second epoch two are left, in one tile, in the middle of their tables."""
    fold, setup = noisy(make_fold(), VARIANTS[schedule][0]), setup_of(schedule, network="softmax")
    lanes = some_lanes(19)
    stack = Stack(lanes, setup, fold)
    for epoch in range(1, 5):
        stack.run_epoch(epoch)
        if epoch == 1:
            stack.drop([4])
        if epoch == 2:
            stack.drop([number for number in range(19) if number not in (2, 18)])
    own = schedules.own_values(setup.schedule, setup.schedule_settings)
    for number in (2, 18):
        _, parameters = train_alone(lanes[number], setup, fold, own)
        assert largest_gap(stack, number, parameters) <= TOLERANCE


@every_schedule
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_bits_do_not_depend_on_company_or_on_the_training_before(
    make_fold: MakeFold, backend: str, schedule: str, network: str
) -> None:
    fold = noisy(make_fold(dtype=torch.float32), VARIANTS[schedule][0])
    setup, lanes = setup_of(schedule, network=network, epochs=4), some_lanes(11)
    wild = [Lane(1e30, 0.9, LOSSES[n % 5], n) for n in range(11)]

    def leave(progress: Progress) -> bool | Drop:
        return Drop(frozenset(range(11, 22))) if progress.epoch == 2 else True

    alone = [train([lane], setup, fold)[0] for lane in lanes[::5]]
    together = train_lanes([*lanes, *wild], setup, fold, on_epoch=leave).results[:11]
    again = train(lanes, setup, fold)
    for number, result in zip(range(0, 11, 5), alone, strict=True):
        kept = together[number]
        assert kept is not None
        assert bits(kept) == bits(result) == bits(again[number])


@every_schedule
def test_a_stack_that_is_halved_starts_its_tables_anew(
    make_fold: MakeFold, schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory runs out in the second epoch of a stack of more than five lanes."""
    fold = noisy(make_fold(dtype=torch.float32), VARIANTS[schedule][0])
    setup, lanes = setup_of(schedule, network="mlp"), some_lanes(10)
    expected = [bits(result) for result in train(lanes, setup, fold)]
    monkeypatch.setattr(engine, "Stack", short_of_memory(above=5, epoch=2))
    outcome = train_lanes(lanes, setup, fold)
    assert outcome.width == 5
    assert [bits(result) for result in outcome.results if result is not None] == expected


def test_a_schedule_that_stays_where_it_is_trains_to_the_bits_of_constant_rates(
    make_fold: MakeFold, backend: str
) -> None:
    fold, lanes = make_fold(dtype=torch.float32), some_lanes(9)
    settings = (("factor", 0.5), ("every", 1.0))
    setup = setup_of("constant")
    expected = [bits(result) for result in train(lanes, setup, fold)]
    still = dataclasses.replace(setup, schedule="step", schedule_settings=settings)
    assert [bits(result) for result in train(lanes, still, fold)] == expected


@pytest.mark.parametrize("schedule", TABLED)
def test_the_position_counts_the_steps(make_fold: MakeFold, schedule: str) -> None:
    fold, setup = make_fold(dtype=torch.float32), setup_of(schedule, network="softmax")
    stack = Stack(some_lanes(), setup, fold)
    backend = stack._backend
    assert isinstance(backend, TiledLanes)
    for order in orders(setup, 200):
        backend.train(order)
    assert int(backend._position) == (0 if schedule == schedules.CONSTANT else 20)
    own = schedules.own_values(setup.schedule, setup.schedule_settings)
    for number in range(7):
        row = backend._numbers.index(number)
        tile = backend._tiles[row // 8]
        lane = tile.state.lanes[row % 8]
        expected = RATES[schedule](19, Length(20, 5), lane.eta, lane.alpha, own)
        assert (float(tile._eta[row % 8]), float(tile._alpha[row % 8])) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("network", ["fig3", "softmax"])
def test_no_step_is_taken_beyond_the_end_of_the_tables(make_fold: MakeFold, backend: str, network: str) -> None:
    setup = setup_of("cosine", network=network, epochs=1)
    stack = Stack(some_lanes(3), setup, make_fold(dtype=torch.float32))
    order = next(orders(setup, 200))
    stack._backend.train(order)
    with pytest.raises(IndexError):
        stack._backend.train(order)
