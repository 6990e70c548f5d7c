"""The 1-1-1 network in place of the ReLU's derivative: weights of each lane's own, closed cases, and its bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from backward_variants import train_alone
from stacked import bits, largest_gap, one_lane_per_loss, weights_of

from worker.training.engine import train
from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.stack import Stack

MakeFold = Callable[..., Fold]
NETWORKS = [("fig3", None), ("mlp", 1), ("mlp", 100)]
WEIGHTS = [(1.0, 1.0), (0.3, 2.0), (-2.0, 0.5), (4.0, -1.0), (0.0, 1.0)]


def with_network(w1: float = 1.0, w2: float = 1.0, **others: object) -> Setup:
    settings = (("layer", "first"), ("w1", w1), ("w2", w2))
    return Setup(backward_rule="substitute_network", backward_settings=settings, **others)  # type: ignore[arg-type]


def lanes_with_weights(count: int = 10) -> list[Lane]:
    """Lanes of which each has weights of its own, and its own loss and start."""
    both = [WEIGHTS[number % 5] for number in range(count)]
    own = [(("w1", w1), ("w2", w2)) for w1, w2 in both]
    return [Lane(0.01, 0.6, LOSSES[number % 5], number, own[number]) for number in range(count)]


@pytest.mark.parametrize(("network", "width"), NETWORKS)
@pytest.mark.parametrize("rule", ["heavy_ball", "adam", "dlr"])
def test_every_lane_has_weights_of_its_own(make_fold: MakeFold, network: str, width: int | None, rule: str) -> None:
    """After others left and tiles were packed anew; the plain loop has them by formulas of its own."""
    fold = make_fold(n_train=90)
    setup = with_network(
        network=network, width=width, update_rule=rule, epochs=2, batch_size=32, drop_last=False, reshuffle=True
    )
    lanes = [
        Lane(lane.eta, lane.alpha if rule != "adam" else 0.0, lane.loss, lane.init_seed, lane.own)
        for lane in lanes_with_weights(19)
    ]
    stack = Stack(lanes, setup, fold)
    stack.run_epoch(1)
    stack.drop({number for number in range(19) if number not in (2, 3, 9, 16)})
    stack.run_epoch(2)
    for number in (2, 3, 9, 16):
        assert largest_gap(stack, number, train_alone(lanes[number], setup, fold)) <= 1e-9


def test_a_lane_without_weights_of_its_own_has_the_setups(make_fold: MakeFold) -> None:
    fold = make_fold(dtype=torch.float32)
    lane = Lane(0.02, 0.5, "golden", 1)
    stated = train([lane], with_network(3.0, 0.5, epochs=2), fold)
    own = train([Lane(0.02, 0.5, "golden", 1, (("w2", 0.5), ("w1", 3.0)))], with_network(epochs=2), fold)
    assert [bits(result) for result in stated] == [bits(result) for result in own]
    assert (stated[0].harmful_curve == own[0].harmful_curve).all()


@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_without_a_slope_it_is_a_factor_on_what_lies_before_the_hidden_layer(
    make_fold: MakeFold, network: str, width: int | None
) -> None:
    """At w1 = 0, b(z) = w2 / 2: the derivative of the identity at w2 = 2, to the bit."""
    fold, lanes = make_fold(dtype=torch.float32), one_lane_per_loss(0.01)
    common = {"network": network, "width": width, "epochs": 2, "precision": "fp32"}
    identity = (("layer", "first"), ("derivative", "identity"))
    same = Setup(backward_rule="substitute", backward_settings=identity, **common)  # type: ignore[arg-type]
    found = [bits(result) for result in train(lanes, with_network(0.0, 2.0, **common), fold)]
    if network == "fig3":  # the identity is compiled there
        wanted = [result.correct for result in train(lanes, same, fold)]
        assert [result.correct for result in train(lanes, with_network(0.0, 2.0, **common), fold)] == wanted
    else:
        assert found == [bits(result) for result in train(lanes, same, fold)]


def test_a_steep_network_is_backpropagation(make_fold: MakeFold) -> None:
    """As w1 grows, sigmoid(w1 z) becomes the ReLU's own derivative."""
    fold, lanes = make_fold(n_train=48), one_lane_per_loss(0.01)
    steep = Stack(lanes, with_network(1e6, 1.0, network="mlp", batch_size=48), fold)
    plain = Stack(lanes, Setup(network="mlp", batch_size=48), fold)
    for stack in (steep, plain):
        stack.run_epoch(1)
    for number in range(5):
        assert largest_gap(steep, number, plain.parameters(number)) <= 1e-9


@pytest.mark.parametrize("factor", [3.0, -1.0])
def test_w2_is_a_factor_on_the_layers_rate(make_fold: MakeFold, factor: float) -> None:
    """Under SGD: what lies before the ReLU takes w2 times the step; the last layer's first step is the same."""
    fold = make_fold(n_train=48)
    stacks = [
        Stack(one_lane_per_loss(0.01, 0.0), with_network(0.7, w2, batch_size=48, weight_decay=0.0), fold)
        for w2 in (1.0, factor)
    ]
    begun = [stacks[0].parameters(number) for number in range(5)]
    for stack in stacks:
        stack.run_epoch(1)
    for number in range(5):
        once, times = (stack.parameters(number) for stack in stacks)
        for name, start in begun[number].items():
            expected = (once[name] - start) * (1.0 if name.startswith("last") else factor)
            torch.testing.assert_close(times[name] - start, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("network", ["fig3", "mlp"])
def test_bits_do_not_depend_on_the_neighbours_weights(make_fold: MakeFold, network: str) -> None:
    fold, lanes = make_fold(dtype=torch.float32), lanes_with_weights(19)
    setup = with_network(network=network, epochs=1, batch_size=40, drop_last=False)
    together = Stack(lanes, setup, fold)
    together.run_epoch(1)
    for number in (0, 3, 7, 18):
        alone = Stack([lanes[number]], setup, fold)
        alone.run_epoch(1)
        assert torch.equal(weights_of(together, number), weights_of(alone, 0))
        one, other = together.results()[number], alone.results()[0]
        assert one.implicit_rate_curve.tobytes() == other.implicit_rate_curve.tobytes()
        assert one.harmful_curve.tobytes() == other.harmful_curve.tobytes()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ((("layer", "first"), ("w1", float("nan"))), "w1 of substitute_network must be a finite number, got nan"),
        ((("layer", "first"), ("w2", True)), "w2 of substitute_network must be a finite number, got True"),
        ((("layer", "first"), ("w3", 1.0)), "substitute_network has no 'w3', its settings: layer, w1, w2"),
        ((("layer", "last"),), "layer of substitute_network must be one of first, .*got 'last'"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    make_fold: MakeFold, settings: tuple[tuple[str, float | str | bool], ...], text: str
) -> None:
    setup = Setup(backward_rule="substitute_network", backward_settings=settings)
    with pytest.raises(ValueError, match=text):
        train(one_lane_per_loss(), setup, make_fold())


def test_weights_are_no_numbers_of_another_rule(make_fold: MakeFold) -> None:
    with pytest.raises(ValueError, match=r"`own` must give numbers of heavy_ball"):
        train([Lane(0.1, 0.5, "sse", 0, (("w1", 1.0),))], Setup(), make_fold())
    with pytest.raises(ValueError, match=r"got w1=inf"):
        train([Lane(0.1, 0.5, "sse", 0, (("w1", float("inf")),))], with_network(), make_fold())
