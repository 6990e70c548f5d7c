"""Layers with learning rates of their own, by a table: against a solo loop, in other company, frozen and repacked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from stacked import bits, fitted, largest_gap, short_of_memory

from worker.training import engine, rules
from worker.training.engine import train, train_lanes
from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Drop, Fold, Lane, Progress, Setup
from worker.training.rates import Rates
from worker.training.reference import train_one
from worker.training.stack import Stack
from worker.training.timetable import layers_of, numbers_per_lane

MakeFold = Callable[..., Fold]
SHARES = (1.0, 0.5, 0.3, 0.2, 0.1, 0.6)
FIRST, LAST = (0.2, 0.9, 1.5, 0.4, 0.0, 1.0), (2.0, 0.1, 0.7, 1.0, 0.3, 0.8)
SETTINGS = {
    "first": (("shares", SHARES), ("first", FIRST)),
    "last": (("last", LAST), ("per_epoch", 2.0)),
    "both": (("shares", SHARES), ("first", FIRST), ("last", LAST)),
}
each_table = pytest.mark.parametrize("table", SETTINGS)


def setup_of(table: str, **others: object) -> Setup:
    """Three epochs of three steps, the last of them on an odd batch of 90 images."""
    setup = Setup(schedule="table", schedule_settings=SETTINGS[table], epochs=3, batch_size=32, drop_last=False)
    return dataclasses.replace(setup, **others)  # type: ignore[arg-type]


def some_lanes(count: int, scale: float = 1.0) -> list[Lane]:
    return [Lane(scale * (0.01 + 0.002 * n), (0.874, 0.5, 0.0)[n % 3], LOSSES[n % 5], n) for n in range(count)]


def by_hand(lane: Lane, table: str) -> Rates:
    """Rates of nine steps in three epochs, from the shares alone."""
    stated = dict(SETTINGS[table])

    def row(name: str) -> np.ndarray:
        shares = stated.get(name, (1.0,) * 6)
        parts = [0, 0, 1] if "per_epoch" in stated else [0, 0, 0]
        per_epoch = 2 if "per_epoch" in stated else 1
        return np.array([lane.eta * shares[epoch * per_epoch + part] for epoch in range(3) for part in parts])

    return Rates(row("shares"), np.full(9, lane.alpha), {n: row(n) for n in ("first", "last") if n in stated})


@each_table
@pytest.mark.parametrize("rule", rules.names())
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_every_rule_takes_the_rate_of_each_layer(
    make_fold: MakeFold, backend: str, table: str, rule: str, network: str
) -> None:
    """Another order in each epoch, lanes that leave, tiles that are packed anew, and a lane that diverges."""
    fold = make_fold(n_train=90, n_test=20)
    setup = setup_of(table, update_rule=rule, network=network, reshuffle=True)
    lanes = fitted(rule, [*some_lanes(11, 0.1), Lane(1e30, 0.9, "cross_entropy", 2)])
    stack = Stack(lanes, setup, fold)
    assert stack.backend == (backend if network == "fig3" else "torch")
    stack.run_epoch(1)
    stack.drop([4])
    stack.run_epoch(2)
    stack.drop(range(3, 9))
    stack.run_epoch(3)
    for number in (0, 2, 10):
        _, expected = train_one(lanes[number], setup, fold, by_hand(lanes[number], table))
        assert largest_gap(stack, number, expected) <= 1e-9


@each_table
@pytest.mark.parametrize("network", BY_EVERY_LOSS)
def test_bits_do_not_depend_on_company(make_fold: MakeFold, backend: str, table: str, network: str) -> None:
    fold, lanes = make_fold(dtype=torch.float32), some_lanes(11)
    setup = setup_of(table, network=network)
    wild = [Lane(1e30, 0.9, LOSSES[n % 5], n) for n in range(11)]

    def leave(progress: Progress) -> bool | Drop:
        return Drop(frozenset(range(11, 22))) if progress.epoch == 2 else True

    alone = [train([lane], setup, fold)[0] for lane in lanes[::5]]
    together = train_lanes([*lanes, *wild], setup, fold, on_epoch=leave).results[:11]
    for number, result in zip(range(0, 11, 5), alone, strict=True):
        kept = together[number]
        assert kept is not None
        assert bits(kept) == bits(result)


def test_layers_that_share_their_rates_train_to_the_bits_of_one_rate(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDEN_NATIVE", "0")  # as layers apart do: the two backends sum in different orders
    fold, lanes = make_fold(dtype=torch.float32), some_lanes(9)
    apart = setup_of("both", schedule_settings=(("shares", SHARES), ("first", SHARES), ("last", SHARES)))
    as_one = setup_of("both", schedule_settings=(("shares", SHARES),))
    assert [bits(r) for r in train(lanes, apart, fold)] == [bits(r) for r in train(lanes, as_one, fold)]


def test_a_layer_without_a_rate_stays_where_it_began(make_fold: MakeFold) -> None:
    fold = make_fold(n_train=90)
    setup = setup_of("both", schedule_settings=(("first", (0.0,) * 3),), weight_decay=0.0)
    still, moved = (Stack(some_lanes(3), each, fold) for each in (setup, setup_of("both", schedule_settings=())))
    begun = [still.parameters(number) for number in range(3)]
    for stack in (still, moved):
        stack.run_epoch(1)
    for number in range(3):
        for name, value in still.parameters(number).items():
            assert torch.equal(value, begun[number][name]) == (not name.startswith("last.")), name
        assert not torch.equal(moved.parameters(number)["first.weight"], begun[number]["first.weight"])


@each_table
def test_a_stack_that_is_halved_starts_its_tables_anew(
    make_fold: MakeFold, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, setup, lanes = make_fold(dtype=torch.float32), setup_of(table, network="mlp"), some_lanes(10)
    expected = [bits(result) for result in train(lanes, setup, fold)]
    monkeypatch.setattr(engine, "Stack", short_of_memory(above=5, epoch=2))
    outcome = train_lanes(lanes, setup, fold)
    assert outcome.width == 5
    assert [bits(result) for result in outcome.results if result is not None] == expected


def test_the_layers_of_a_table_are_known_and_take_memory() -> None:
    assert [layers_of(setup_of(table)) for table in SETTINGS] == [("first",), ("last",), ("first", "last")]
    assert layers_of(Setup()) == layers_of(setup_of("both", schedule_settings=())) == ()
    assert numbers_per_lane(setup_of("both"), 90) == 4 * 9
