"""A tile of lanes: one step against autograd, and lanes that are frozen."""

from __future__ import annotations

import pytest
import torch

from worker.training.lanes import BY_EVERY_LOSS, LOSSES, Lane, Setup
from worker.training.losses import per_example
from worker.training.minibatches import Minibatch, PatchSource
from worker.training.networks import build_network, is_decayed, module_parameters, plain_module
from worker.training.rules import rule
from worker.training.state import LaneState, Parameters, initial_row, layout_of
from worker.training.tile import Tile, Workspace

SHAPE = (1, 8, 8)
IMAGES = torch.rand(32, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
LABELS = torch.arange(32) % 10


def tile_of(name: str, lanes: list[Lane], setup: Setup) -> tuple[Tile, Minibatch]:
    network = build_network(name, SHAPE, 10)
    weights = torch.stack([initial_row(network, lane.init_seed) for lane in lanes])
    state = LaneState.start(lanes, weights, rule(setup.update_rule), layout_of(network))
    workspace = Workspace(network, len(lanes), 32, IMAGES)
    minibatch = PatchSource(IMAGES, LABELS, network, columns=32).minibatch(torch.arange(32))
    return Tile(network, setup, state, workspace), minibatch


@pytest.mark.parametrize("name", BY_EVERY_LOSS)
def test_a_step_is_one_of_gradient_descent_by_autograd(name: str) -> None:
    """The first step: the velocity is the gradient itself, so w - eta (g + decay w)."""
    setup = Setup(network=name, weight_decay=1e-2)
    lanes = [Lane(0.05, 0.9, loss, seed) for seed, loss in enumerate(LOSSES)]
    tile, minibatch = tile_of(name, lanes, setup)
    losses = torch.empty(5, dtype=torch.float64)
    tile.step(minibatch, losses)
    network = build_network(name, SHAPE, 10)
    after = Parameters(network, tile.state.weights)
    for number, lane in enumerate(lanes):
        module = plain_module(network, lane.init_seed)
        loss = per_example(lane.loss, module(IMAGES), LABELS).mean()
        assert float(losses[number]) == pytest.approx(float(loss.detach()), rel=1e-12)
        loss.backward()  # type: ignore[no-untyped-call]
        before = module_parameters(network, module)
        named = dict(module.named_parameters())
        spelt = {"norm.scale": "norm.weight", "norm.offset": "norm.bias"}
        for key, value in before.items():
            gradient = named[spelt.get(key, key)].grad
            assert gradient is not None
            decay = setup.weight_decay if is_decayed(key) else 0.0
            expected = value - lane.eta * (gradient.reshape(value.shape) + decay * value)
            torch.testing.assert_close(after.views[key][number], expected, rtol=1e-9, atol=1e-12)


def test_a_frozen_lane_stays_at_zero_and_its_neighbours_go_on() -> None:
    lanes = [Lane(0.05, 0.9, "sse", seed) for seed in range(3)]
    tile, minibatch = tile_of("mlp", lanes, Setup(network="mlp"))
    other, _ = tile_of("mlp", lanes, Setup(network="mlp"))
    losses = torch.empty(3, dtype=torch.float64)
    tile.freeze(torch.tensor([False, True, False]))
    for each in (tile, other):
        each.step(minibatch, losses)
    assert not tile.state.weights[1].any()
    assert not tile.state.buffers["velocity"][1].isnan().any()
    assert torch.equal(tile.state.weights[[0, 2]], other.state.weights[[0, 2]])
