"""Every update rule that there is, by name: as its solo optimizer trains, and the same bits in any company.

Names come from the folder of rules, so a new rule is tested here without a line of its own, and fails for want of a
solo optimizer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch
from rule_steps import Walker, one_matrix
from stacked import bits, fitted, largest_gap, other_numbers, short_of_memory, trainable, weights_of

from worker.training import engine
from worker.training.engine import train, train_lanes
from worker.training.lanes import LOSSES, NETWORKS, Drop, Fold, Lane, Progress, Setup
from worker.training.reference import train_one
from worker.training.rules import names, rule
from worker.training.solo import SOLO
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
pytestmark = pytest.mark.usefixtures("backend")
TOLERANCE = 1e-9  # relative to the largest weight of a parameter, float64
WILD = Lane(1e30, 0.9, "cross_entropy", 2)


def crowd(name: str) -> list[Lane]:
    """Nineteen lanes of every loss, of which every third has numbers of its own; the last one diverges."""
    calm = [Lane(0.002 * (1 + n % 3), 0.2 * (n % 5), LOSSES[n % 5], n) for n in range(18)]
    own = [other_numbers(name, 0.6 + 0.02 * n) if n % 3 == 0 else () for n in range(18)]
    lanes = [dataclasses.replace(lane, own=numbers) for lane, numbers in zip(calm, own, strict=True)]
    return fitted(name, [*lanes, WILD])


def setup_for(name: str, network: str, **more: object) -> Setup:
    """Odd last batches in a new order each epoch."""
    base = Setup(network=network, update_rule=name, batch_size=32, drop_last=False, reshuffle=True, order_seed=3)
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


def test_every_rule_has_a_solo_optimizer_and_every_optimizer_a_rule() -> None:
    assert set(SOLO) == set(names())


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", names())
def test_lanes_equal_the_solo_run_through_drops_divergence_and_repacking(
    make_fold: MakeFold, name: str, network: str
) -> None:
    """Lanes of every loss and of different numbers share the stack, beside one that diverges."""
    fold, setup = make_fold(n_train=90, n_test=20), setup_for(name, network, epochs=2)
    lanes, kept = trainable(network, crowd(name)), (0, 1, 2, 8, 14)
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    stack.drop(set(range(18)) - set(kept))
    stack.run_epoch(2)
    for number in kept:
        result, expected = train_one(lanes[number], setup, fold)
        assert result.divergence != "non-finite"
        assert largest_gap(stack, number, expected) <= TOLERANCE, lanes[number]


@pytest.mark.parametrize("name", names())
def test_every_choice_and_number_of_a_setup_reaches_the_rule(make_fold: MakeFold, name: str) -> None:
    fold = make_fold(n_train=90, n_test=20)
    stated = [((choice, value),) for choice, allowed in rule(name).CHOICES.items() for value in allowed]
    (lane,) = fitted(name, [Lane(0.005, 0.5, "golden", 1)])
    usual = None
    for settings in [(), *stated, *((number,) for number in other_numbers(name, 0.5))]:
        setup = setup_for(name, "mlp", epochs=1, rule_settings=settings)
        stack = Stack([lane], setup, fold)
        stack.run_epoch(1)
        assert largest_gap(stack, 0, train_one(lane, setup, fold)[1]) <= TOLERANCE, settings
        usual = weights_of(stack, 0) if usual is None else usual
        default = dict(settings).items() <= {c: allowed[0] for c, allowed in rule(name).CHOICES.items()}.items()
        assert torch.equal(weights_of(stack, 0), usual) == default, settings


@pytest.mark.parametrize("name", names())
def test_float32_steps_as_the_solo_optimizer_does(make_fold: MakeFold, name: str) -> None:
    """Three steps: later, a rounding may carry an activation across the ReLU's corner."""
    fold, setup = make_fold(n_train=90, n_test=20, dtype=torch.float32), setup_for(name, "fig3", epochs=1)
    lanes = fitted(name, [Lane(0.005, 0.5, loss, seed) for seed, loss in enumerate(LOSSES)])
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    for number, lane in enumerate(lanes):
        assert largest_gap(stack, number, train_one(lane, setup, fold)[1]) <= 1e-4


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", names())
def test_bits_do_not_depend_on_company(make_fold: MakeFold, name: str, network: str) -> None:
    """Alone, in another order, among diverging neighbours, with neighbours that leave, and a second time."""
    fold = make_fold(n_train=90, n_test=30, dtype=torch.float32)
    setup, lanes = setup_for(name, network, epochs=2), trainable(network, crowd(name))
    together = [bits(result) for result in train(lanes, setup, fold)]
    assert [bits(result) for result in train(lanes, setup, fold)] == together, "nothing is left of the first run"
    assert [bits(result) for result in train(lanes[::-1], setup, fold)] == together[::-1]
    wild = train([*lanes[:3], *trainable(network, fitted(name, [WILD] * 12))], setup, fold)
    assert [bits(result) for result in wild[:3]] == together[:3]
    for number in (0, 7):
        assert bits(train([lanes[number]], setup, fold)[0]) == together[number]

    def leave(progress: Progress) -> Drop:
        return Drop(frozenset({0, 5, *range(9, 18)}))

    for result, expected in zip(train_lanes(lanes, setup, fold, on_epoch=leave).results, together, strict=True):
        assert result is None or bits(result) == expected


@pytest.mark.parametrize("name", names())
def test_bits_do_not_depend_on_the_number_of_threads(make_fold: MakeFold, name: str, restored_threads: None) -> None:
    fold, setup = make_fold(n_train=90, n_test=30, dtype=torch.float32), setup_for(name, "fig3", epochs=1)
    alone = [bits(result) for result in train(crowd(name), setup, fold)]
    torch.set_num_threads(3)
    assert [bits(result) for result in train(crowd(name), setup, fold)] == alone


@pytest.mark.parametrize("name", names())
def test_a_lane_that_left_stays_at_zero(make_fold: MakeFold, name: str) -> None:
    fold, setup = make_fold(n_train=90, n_test=20), setup_for(name, "mlp", epochs=3)
    stack = Stack(fitted(name, [Lane(0.005, 0.5, "sse", n) for n in range(8)]), setup, fold)
    stack.run_epoch(1)
    stack.drop({3})
    stack.run_epoch(2)
    assert not weights_of(stack, 3).any()
    assert weights_of(stack, 2).any()


@pytest.mark.parametrize("name", names())
def test_a_stack_that_memory_halves_gives_the_same_bits(
    make_fold: MakeFold, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, setup = make_fold(n_train=90, n_test=30, dtype=torch.float32), setup_for(name, "fig3", epochs=2)
    whole = [bits(result) for result in train(crowd(name), setup, fold)]

    monkeypatch.setattr(engine, "Stack", short_of_memory(above=5, epoch=2, trained=True))
    outcome = train_lanes(crowd(name), setup, fold)
    assert outcome.width == 5
    assert [bits(result) for result in outcome.results if result is not None] == whole


@pytest.mark.parametrize("name", names())
def test_rates_may_differ_within_a_row(name: str) -> None:
    """A row that holds one rate everywhere steps as that rate does; the other half of a row does not move at rate 0."""
    generator = torch.Generator().manual_seed(2)
    start, noise = torch.randn(2, 12, generator=generator), torch.randn(8, 2, 12, generator=generator)
    lanes = fitted(name, [Lane(0.01, 0.5, "sse", 0), Lane(0.02, 0.8, "sse", 1)])
    walkers = [Walker.start(lanes, Setup(update_rule=name), start.clone(), one_matrix(3, 4)) for _ in range(3)]
    walkers[1].facts.eta = walkers[1].facts.eta.expand(2, 12).clone()
    walkers[2].facts.eta = torch.where(torch.arange(12) < 6, walkers[2].facts.eta, 0.0)
    for gradient in noise:
        for walker in walkers:
            walker.step(gradient)
    one, same, half = (walker.state.weights for walker in walkers)
    assert torch.equal(same, one)
    assert torch.equal(half[:, 6:], start[:, 6:])
    assert not torch.isclose(half[:, :6], start[:, :6], rtol=1e-6).all()
