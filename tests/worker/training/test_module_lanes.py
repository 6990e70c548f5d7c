"""The module backend: each lane equals the plain loop, whatever its company, on stacked networks too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from stacked import bits, fitted, largest_gap, one_lane_per_loss, other_numbers, short_of_memory

from studies.learning.networks import by_name
from worker.training import engine, modules, schedules
from worker.training.backend import Backend
from worker.training.derivatives import DERIVATIVES
from worker.training.engine import train, train_lanes
from worker.training.lanes import LOSSES, Drop, Fold, Lane, Progress, Setup
from worker.training.minibatches import orders
from worker.training.module_lanes import ModuleLanes
from worker.training.reference import train_one
from worker.training.rules import names
from worker.training.stack import Stack
from worker.training.structure import structure_of

MakeFold = Callable[..., Fold]
TOLERANCE = 1e-9  # relative to the largest weight of a parameter, float64
SOFTMAX = ("fig3", "softmax", "mlp")  # stacked networks whose outputs are those of modules
WITH_TABLES = [name for name in schedules.names() if hasattr(schedules.schedule(name), "table")]
WILD = Lane(1e30, 0.9, "cross_entropy", 2)
DEEP = "simplenet"  # takes the smallest images that it can, as every network, and few


def fold_for(make_fold: MakeFold, network: str, **more: Any) -> Fold:
    least = max(8, by_name(network).least)
    n_train, n_test = (40, 20) if network == DEEP else (90, 30)
    return make_fold(shape=(1, least, least), n_train=n_train, n_test=n_test, **more)


def started(setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> ModuleLanes:
    _, channels, height, width = fold.train_images.shape
    return ModuleLanes(structure_of(setup, (channels, height, width), fold.classes), setup, fold, lanes)


def agrees(setup: Setup, fold: Fold, lanes: Sequence[Lane]) -> None:
    """Every lane ends where the plain loop ends, with the same scores."""
    backend: Backend = started(setup, fold, lanes)
    for order in orders(setup, len(fold.train_labels)):
        backend.train(order)
    scores = backend.evaluate(own_loss=True)
    for number, lane in enumerate(lanes):
        result, expected = train_one(lane, setup, fold)
        for name, value in backend.parameters(number).items():
            gap = float((value - expected[name]).abs().max() / expected[name].abs().max().clamp(min=1e-300))
            assert gap <= TOLERANCE, (lane, name)
        if result.divergence is None:
            assert int(scores.correct[number]) == result.correct
            assert scores.cross_entropy[number] / result.n_test == pytest.approx(result.cross_entropy, rel=1e-7)
            assert scores.own_loss[number] / result.n_test == pytest.approx(result.own_loss, rel=1e-7)


@pytest.mark.parametrize("network", SOFTMAX)
@pytest.mark.parametrize("rule", names())
def test_stacked_networks_as_modules_equal_the_plain_loop(make_fold: MakeFold, network: str, rule: str) -> None:
    setup = Setup(network=network, update_rule=rule, epochs=2, batch_size=32, drop_last=False, reshuffle=True)
    lanes = [dataclasses.replace(lane, own=other_numbers(rule, 0.7)) for lane in one_lane_per_loss(0.002, 0.5)]
    agrees(setup, fold_for(make_fold, network), fitted(rule, lanes))


@pytest.mark.parametrize("network", modules.names())
@pytest.mark.parametrize("rule", names())
def test_every_network_equals_the_plain_loop_under_every_rule(make_fold: MakeFold, network: str, rule: str) -> None:
    """Two epochs: the masks of a dropout and the statistics of batch norm go on from one to the next."""
    setup = Setup(network=network, update_rule=rule, epochs=2, batch_size=32, drop_last=False)
    lanes = one_lane_per_loss(0.002, 0.5)
    if network == DEEP:  # batch norm cancels most of an offset before it, and Adam turns rounding into steps
        lanes = [Lane(1e-4, 0.5, "golden", 1)]
    agrees(setup, fold_for(make_fold, network), fitted(rule, lanes))


@pytest.mark.parametrize("schedule", WITH_TABLES)
def test_every_schedule_equals_the_plain_loop(make_fold: MakeFold, schedule: str) -> None:
    settings = (("shares", (1.0, 0.5, 0.1)),) if schedule == "table" else ()
    setup = Setup(
        network="mlp2",
        width=20,
        schedule=schedule,
        schedule_settings=settings,
        epochs=3,
        batch_size=32,
        drop_last=False,
    )
    agrees(setup, fold_for(make_fold, "mlp2"), one_lane_per_loss(0.01))


@pytest.mark.parametrize(
    ("network", "layer", "derivative"),
    [
        *(("chain", "second", name) for name in DERIVATIVES),
        *(("mlp2", "first", name) for name in ("tanh", "relu")),
        *((DEEP, "conv7", name) for name in ("sigmoid", "leaky_relu")),
    ],
)
def test_a_substituted_derivative_equals_the_plain_loop(
    make_fold: MakeFold, network: str, layer: str, derivative: str
) -> None:
    setup = Setup(
        network=network,
        epochs=1,
        batch_size=20,
        backward_rule="substitute",
        backward_settings=(("layer", layer), ("derivative", derivative)),
    )
    agrees(setup, fold_for(make_fold, network), [Lane(0.005, 0.5, "golden", 1)])


@pytest.mark.parametrize(("network", "layer"), [("chain", "second"), ("mlp2", "first"), (DEEP, "conv7")])
def test_a_1_1_1_network_in_place_of_a_derivative_equals_the_plain_loop(
    make_fold: MakeFold, network: str, layer: str
) -> None:
    """Lanes of different weights share the stack."""
    setup = Setup(
        network=network,
        epochs=1,
        batch_size=20,
        backward_rule="substitute_network",
        backward_settings=(("layer", layer), ("w2", 0.7)),
    )
    own = ((), (("w1", 3.0),), (("w1", -0.5), ("w2", -0.2)))
    agrees(setup, fold_for(make_fold, network), [Lane(0.005, 0.5, "golden", 1, numbers) for numbers in own])


@pytest.mark.parametrize("network", modules.names())
def test_the_relus_own_derivative_is_backpropagation_to_the_bit(make_fold: MakeFold, network: str) -> None:
    fold, lane = fold_for(make_fold, network, dtype=torch.float32), Lane(0.01, 0.5, "golden", 1)
    plain = Setup(network=network, epochs=1, batch_size=20)
    expected = bits(train([lane], plain, fold)[0])
    for layer in structure_of(plain, tuple(fold.train_images.shape[1:]), 10).layers:  # type: ignore[arg-type]
        settings = (("layer", layer), ("derivative", "relu"))
        changed = dataclasses.replace(plain, backward_rule="substitute", backward_settings=settings)
        assert bits(train([lane], changed, fold)[0]) == expected, layer


@pytest.mark.parametrize("network", modules.names())
def test_bits_do_not_depend_on_company(make_fold: MakeFold, network: str) -> None:
    """Alone, in another order, among diverging neighbours, with neighbours that leave, and a second time."""
    fold = fold_for(make_fold, network, dtype=torch.float32)
    setup = Setup(network=network, epochs=2, batch_size=32, drop_last=False, reshuffle=True, update_rule="adam")
    lanes = fitted("adam", [*(Lane(0.002 * (1 + n % 3), 0.0, loss, n) for n, loss in enumerate(LOSSES)), WILD])
    together = [bits(result) for result in train(lanes, setup, fold)]
    assert [bits(result) for result in train(lanes, setup, fold)] == together, "nothing is left of the first run"
    assert [bits(result) for result in train(lanes[::-1], setup, fold)] == together[::-1]
    assert bits(train([lanes[3]], setup, fold)[0]) == together[3]

    def leave(progress: Progress) -> Drop:
        return Drop(frozenset({0, 4}))

    left = train_lanes(lanes, setup, fold, on_epoch=leave).results
    assert [number for number, result in enumerate(left) if result is None] == [0, 4]
    assert all(result is None or bits(result) == wanted for result, wanted in zip(left, together, strict=True))


@pytest.mark.parametrize("network", modules.names())
def test_bits_do_not_depend_on_the_number_of_threads(make_fold: MakeFold, network: str, restored_threads: None) -> None:
    fold = fold_for(make_fold, network, dtype=torch.float32)
    setup, lanes = Setup(network=network, epochs=2, batch_size=32), one_lane_per_loss(0.01)
    torch.set_num_threads(1)
    alone = [bits(result) for result in train(lanes, setup, fold)]
    torch.set_num_threads(3)
    assert [bits(result) for result in train(lanes, setup, fold)] == alone


def test_a_stack_that_memory_halves_gives_the_same_bits(make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, setup = fold_for(make_fold, "mlp2", dtype=torch.float32), Setup(network="mlp2", epochs=2, batch_size=32)
    whole = [bits(result) for result in train(one_lane_per_loss(), setup, fold)]

    monkeypatch.setattr(engine, "Stack", short_of_memory(above=3, epoch=2, trained=True))
    outcome = train_lanes(one_lane_per_loss(), setup, fold)
    assert outcome.width == 3
    assert [bits(result) for result in outcome.results if result is not None] == whole


def test_a_diverging_lane_scores_chance_as_the_plain_loop_does(make_fold: MakeFold) -> None:
    fold, setup = fold_for(make_fold, "mlp2", dtype=torch.float32), Setup(network="mlp2", epochs=2, batch_size=30)
    (result,), (expected, _) = train([WILD], setup, fold), train_one(WILD, setup, fold)
    assert (result.divergence, result.diverged_at) == (expected.divergence, expected.diverged_at)
    assert result.divergence == "non-finite"
    assert np.isnan(result.loss_curve).all()


def test_what_is_not_trained_keeps_its_initial_value(make_fold: MakeFold) -> None:
    fold = fold_for(make_fold, "chain")
    setup = Setup(network="chain", epochs=1, batch_size=30, weight_decay=0.1)
    before = started(setup, fold, [Lane(0.05, 0.5, "sse", 1)])
    start = before.parameters(0)
    (order,) = orders(setup, 90)
    before.train(order)
    moved = [name for name, value in before.parameters(0).items() if not torch.equal(value, start[name])]
    assert moved == ["second.weight"]
    whole = dataclasses.replace(setup, network_settings=(("trained", "all"),))
    stack = Stack([Lane(0.05, 0.5, "sse", 1)], whole, fold)
    stack.run_epoch(1)
    assert stack.backend == "module"
    assert not any(torch.equal(value, start[name]) for name, value in stack.parameters(0).items())
    assert largest_gap(stack, 0, train_one(Lane(0.05, 0.5, "sse", 1), whole, fold)[1]) <= TOLERANCE


@pytest.mark.parametrize("network", modules.names())
def test_an_epoch_in_parts_is_the_epoch_to_the_bit(make_fold: MakeFold, network: str) -> None:
    """With looks at the test images between the parts, which change nothing; the masks of a dropout go on."""
    fold = fold_for(make_fold, network, dtype=torch.float32)
    setup = Setup(network=network, epochs=1, batch_size=10, schedule="cosine", drop_last=False)
    lanes = one_lane_per_loss(0.01)[:2]
    whole, parts = started(setup, fold, lanes), started(setup, fold, lanes)
    (order,) = orders(setup, len(fold.train_labels))
    losses, steps = whole.train(order), -(-len(order) // 10)
    found = []
    for part in (range(0, 1), range(1, 3), range(3, steps)):
        found.append(parts.train(order, part))
        scores = parts.evaluate(own_loss=True, numbers=[1])
    assert np.array_equal(np.concatenate(found), losses)
    assert float(scores.correct[1]) == float(whole.evaluate(own_loss=True).correct[1])
    for name, value in whole.parameters(0).items():
        assert torch.equal(parts.parameters(0)[name], value), name


def test_parameters_are_copies(make_fold: MakeFold) -> None:
    backend = started(Setup(network="chain"), fold_for(make_fold, "chain"), one_lane_per_loss())
    backend.parameters(2)["second.weight"].zero_()
    assert backend.parameters(2)["second.weight"].any()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"network": "mlp2", "network_settings": (("dropout", 1.0),)}, "dropout"),
        ({"network": "mlp2", "network_settings": (("dropout", "half"),)}, "dropout"),
        ({"network": "mlp2", "network_settings": (("depth", 3),)}, "depth"),
        ({"network": "mlp2", "width": 0}, "width"),
        ({"network": "simplenet", "width": 5}, "width"),
        ({"network": "simplenet"}, "16x16"),
        ({"network": "chain", "network_settings": (("trained", "third"),)}, "trained"),
        ({"network": "mlp", "network_settings": (("dropout", 0.5),)}, "network_settings"),
        ({"network": "mlp2", "precision": "bf16"}, "precision"),
        ({"network": "mlp2", "initialisation": "he"}, "initialisation"),
        ({"network": "mlp", "initialisation": "he_normal"}, "initialisation"),
        ({"network": "mlp2", "backward_rule": "feedback_alignment"}, "backward_rule"),
        (
            {
                "network": "mlp2",
                "backward_rule": "substitute",
                "backward_settings": (("layer", "conv1"), ("derivative", "tanh")),
            },
            "layer",
        ),
    ],
)
def test_impossible_settings_are_refused(make_fold: MakeFold, settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        train([Lane(0.1, 0.5, "sse", 0)], Setup(**settings), make_fold(dtype=torch.float32))
