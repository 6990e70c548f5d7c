"""The implicit rate by hand, by the two closed cases, and on the z of a lane that was trained."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from stacked import one_lane_per_loss

from worker.training.derivatives import DERIVATIVES, derivative_at
from worker.training.implicit_rate import MOST_PAIRS, implicit_rate, pre_activations
from worker.training.lanes import Fold, Lane, Setup
from worker.training.layer_input import LayerInput
from worker.training.minibatches import PatchSource, batches_of, orders
from worker.training.modules import ModuleNetwork
from worker.training.networks import build_network, initial_parameters, plain_module
from worker.training.stack import Stack
from worker.training.tiled import TiledLanes

MakeFold = Callable[..., Fold]
NETWORKS = [("fig3", None), ("mlp", 1), ("mlp", 100)]
Z = torch.tensor([[-2.0, 1.0, 3.0, 0.0], [-1.0, -1.0, -1.0, 4.0]], dtype=torch.float64)


def test_by_hand() -> None:
    true = torch.tensor([[0.0, 0.0, 1.0, 2.0], [0.0, -1.0, 1.0, 1.0]])
    given = torch.tensor([[0.0, 0.5, 3.0, 1.0], [-0.1, 2.0, 0.0, 1.0]])
    found = implicit_rate(true, given)
    assert (found.harmful, found.silent) == (2 / 8, 3 / 8)
    assert found.harmful_of_unit.tolist() == [0.25, 0.25]
    assert found.rate.tolist() == [3.0, 0.5, -2.0, 0.0, 1.0]


def test_backpropagation_has_rate_1_and_no_harm() -> None:
    slope = derivative_at("relu", Z)
    found = implicit_rate(slope, slope)
    assert (found.harmful, found.silent) == (0.0, 5 / 8)
    assert found.rate.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", sorted(set(DERIVATIVES) - {"relu"}))
def test_every_other_derivative_harms_wherever_the_relu_is_silent(name: str) -> None:
    """None of them is 0 at these z; their rate is their value where the ReLU's is 1."""
    found = implicit_rate(derivative_at("relu", Z), derivative_at(name, Z))
    assert found.harmful == found.silent == 5 / 8
    assert found.harmful_of_unit.tolist() == [0.5, 0.75]
    assert torch.equal(found.rate, derivative_at(name, Z[Z > 0]))


def test_three_times_the_derivative_is_three_times_the_rate() -> None:
    slope = derivative_at("relu", Z)
    assert implicit_rate(slope, 3 * slope).rate.tolist() == [3.0] * 3


def test_silent_units_alone_have_no_rate() -> None:
    found = implicit_rate(torch.zeros(2, 3), torch.ones(2, 3))
    assert (found.harmful, found.silent, len(found.rate)) == (1.0, 1.0, 0)


@pytest.mark.parametrize(("true", "given"), [((2, 3), (3, 2)), ((6,), (6,)), ((0, 3), (0, 3))])
def test_other_shapes_are_refused(true: tuple[int, ...], given: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="`true` and `given`"):
        implicit_rate(torch.ones(true), torch.ones(given))


@pytest.mark.parametrize(("name", "width"), NETWORKS)
def test_z_is_what_enters_the_modules_relu(name: str, width: int | None) -> None:
    network = build_network(name, (3, 9, 7), 10, width)
    module = plain_module(network, 3)
    images = torch.rand(21, 3, 9, 7, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    before = images
    for part, layer in module.named_children():
        if part == "relu":
            break
        before = layer(before)
    z = pre_activations(network, initial_parameters(network, 3), images)
    torch.testing.assert_close(z, before.detach().flatten(1).T, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "width"), NETWORKS)
def test_z_is_what_a_tile_keeps(make_fold: MakeFold, name: str, width: int | None) -> None:
    fold, settings = make_fold(), (("layer", "first"), ("derivative", "swish"))
    setup = Setup(network=name, width=width, batch_size=48, backward_rule="substitute", backward_settings=settings)
    network = build_network(name, (1, 8, 8), 10, width)
    tiled = TiledLanes(network, setup, fold, one_lane_per_loss())
    indices = torch.arange(48)
    minibatch = PatchSource(fold.train_images, fold.train_labels, network, columns=48).minibatch(indices)
    (tile,), (chunk,) = tiled._tiles, minibatch.chunks
    tile.logits(chunk, tile.first_weights(minibatch.moments))
    kept = tile._workspace.z(chunk.patches.shape[1]).view(8, network.features, 48)
    for number in range(5):
        z = pre_activations(network, tiled.parameters(number), fold.train_images[indices])
        torch.testing.assert_close(kept[number], z, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "width"), NETWORKS)
def test_a_minibatch_of_a_trained_lane(make_fold: MakeFold, name: str, width: int | None) -> None:
    """As a page would show it; the rates of swish on z > 0 lie between its values at 0 and at its top."""
    fold, settings = make_fold(), (("layer", "first"), ("derivative", "swish"))
    setup = Setup(
        network=name, width=width, epochs=1, batch_size=48, backward_rule="substitute", backward_settings=settings
    )
    stack = Stack(one_lane_per_loss(0.01), setup, fold)
    stack.run_epoch(1)
    images = fold.train_images[batches_of(next(orders(setup, 200)), setup)[-1]]
    z = pre_activations(stack.network, stack.parameters(0), images)
    found = implicit_rate(derivative_at("relu", z), derivative_at("swish", z))
    assert z.shape == (stack.network.features, 48)
    assert found.harmful == found.silent == float((z <= 0).double().mean())
    assert ((found.rate > 0.5) & (found.rate < 1.1)).all()


@pytest.mark.parametrize(("name", "layer"), [("mlp2", "second"), ("chain", "first"), ("simplenet", "conv2")])
def test_of_a_module_the_layer_that_is_changed_is_looked_at(make_fold: MakeFold, name: str, layer: str) -> None:
    """An identity in place of a ReLU has rate 1, and harms exactly where the layer's z is not above 0."""
    fold = make_fold(shape=(1, 16, 16)) if name == "simplenet" else make_fold()
    settings = (("layer", layer), ("derivative", "identity"))
    setup = Setup(network=name, epochs=1, batch_size=48, backward_rule="substitute", backward_settings=settings)
    stack = Stack(one_lane_per_loss(0.01)[:1], setup, fold)
    stack.run_epoch(1)
    indices = batches_of(next(orders(setup, 200)), setup)[-1][::2]
    assert isinstance(stack.network, ModuleNetwork)
    z = LayerInput(stack.network, layer, fold.train_images).at(stack.parameters(0), fold.train_images[indices])
    (result,) = stack.results()
    assert result.implicit_rate_curve.tolist() == [1.0]
    step = math.ceil(z.numel() / MOST_PAIRS)
    assert result.harmful_curve[0] == pytest.approx(float((z[:, ::step] <= 0).double().mean()), abs=1e-6)
    assert 0.0 < result.harmful_curve[0] < 1.0


def outputs_unbounded(**others: Any) -> Setup:
    """On-line training of a logistic network whose outputs send back their error without y (1 - y)."""
    settings = (("layer", "output"), ("derivative", "identity"))
    rule = {"backward_rule": "substitute", "backward_settings": settings}
    return Setup(network="logistic", batch_size=1, targets="offset", **rule, **others)  # type: ignore[arg-type]


def test_logistic_outputs_have_the_rate_of_their_own_derivative(make_fold: MakeFold) -> None:
    """An identity in place of y (1 - y) multiplies the rate by its inverse, which is 4 or more; nothing is silent."""
    fold, setup = make_fold(), outputs_unbounded(epochs=1)
    stack = Stack([Lane(0.05, 0.0, "sse", 1)], setup, fold)
    stack.run_epoch(1)
    (result,), weights = stack.results(), stack.parameters(0)
    images = fold.train_images[next(orders(setup, 200))[-32:]].flatten(1).T
    y = (weights["last.weight"] @ (weights["first.weight"] @ images).sigmoid()).sigmoid()
    assert result.harmful_curve.tolist() == [0.0]
    assert result.implicit_rate_curve[0] == pytest.approx(float((1 / (y * (1 - y))).median()), rel=1e-5)
    assert result.implicit_rate_curve[0] > 4.0


def test_a_run_that_ends_within_an_epoch_is_measured_there(make_fold: MakeFold) -> None:
    fold = make_fold()
    setup = outputs_unbounded(epochs=2, evaluate_every=50, stop_at_target=True, target_accuracy=0.5)
    stack = Stack([Lane(0.5, 0.0, "sse", 1)], setup, fold)
    stack.run_epoch(1)
    (result,) = stack.results()
    assert result.epochs_to_target is not None and result.epochs_to_target < 1.0
    assert result.implicit_rate_curve[0] > 4.0


def test_a_network_without_a_hidden_layer_has_no_z() -> None:
    network = build_network("softmax", (1, 8, 8), 10)
    with pytest.raises(ValueError, match="hidden layer"):
        pre_activations(network, initial_parameters(network, 1), torch.zeros(4, 1, 8, 8))
