"""Lanes cut into tiles of constant width: shapes, padding, and tiles that are given up once lanes leave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from stacked import one_lane_per_loss

from worker.training.engine import CPU_STACK, max_lanes
from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.tiled import TiledLanes, tile_shape

MakeFold = Callable[..., Fold]
LANES = [Lane(0.01, 0.5, LOSSES[n % 5], n) for n in range(19)]
NETWORK = build_network("fig3", (1, 8, 8), 10)


@pytest.fixture
def tiled(make_fold: MakeFold) -> TiledLanes:
    return TiledLanes(NETWORK, Setup(epochs=3, batch_size=50), make_fold(dtype=torch.float32), LANES)


@pytest.mark.parametrize(("shape", "expected"), [((1, 8, 8), (8, 128)), ((1, 28, 28), (4, 32))])
def test_tile_shape_depends_on_shapes_alone_and_chunks_large_images(
    shape: tuple[int, int, int], expected: tuple[int, int]
) -> None:
    images = torch.empty(0, *shape, dtype=torch.float32)
    assert tile_shape(build_network("fig3", shape, 10), 128, images) == expected


def test_the_number_of_lanes_on_a_cpu_is_fixed(make_fold: MakeFold) -> None:
    assert max_lanes(Setup(), make_fold()) == CPU_STACK


def test_lanes_of_one_loss_are_neighbours_and_keep_their_numbers(tiled: TiledLanes) -> None:
    losses = [LANES[number].loss for number in tiled._numbers]
    assert losses == sorted(losses, key=LOSSES.index)
    assert len(tiled._numbers) == 24, "19 lanes fill three tiles of 8, the last one by repeats"
    for number in (0, 7, 18):
        expected = TiledLanes(NETWORK, tiled._setup, tiled._fold, [LANES[number]]).parameters(0)
        assert all(torch.equal(value, expected[name]) for name, value in tiled.parameters(number).items())


def test_dropped_lanes_free_their_tiles_and_leave_the_others_bit_identical(
    tiled: TiledLanes, make_fold: MakeFold
) -> None:
    other = TiledLanes(NETWORK, tiled._setup, tiled._fold, LANES)
    epochs = list(orders(tiled._setup, 200))
    for lanes in (tiled, other):
        lanes.train(epochs[0])
    tiled.drop([3])
    assert len(tiled._tiles) == 3, "18 lanes still need three tiles"
    tiled.drop(range(4, 19))
    assert len(tiled._tiles) == 1
    losses, expected = tiled.train(epochs[1]), other.train(epochs[1])
    np.testing.assert_array_equal(losses[:, :3], expected[:, :3])
    assert np.isnan(losses[:, 3:]).all()
    scores = tiled.evaluate(own_loss=True)
    assert scores.correct[:3].tolist() == other.evaluate(own_loss=True).correct[:3].tolist()


def test_without_living_lanes_there_are_no_tiles(tiled: TiledLanes) -> None:
    tiled.drop(range(19))
    assert tiled._tiles == []


def test_one_tile_holds_a_lane_of_every_loss(make_fold: MakeFold) -> None:
    lanes = TiledLanes(NETWORK, Setup(batch_size=50), make_fold(), one_lane_per_loss())
    assert len(lanes._tiles) == 1
    assert [loss for loss, _ in lanes._tiles[0]._losses.groups] == list(LOSSES)
