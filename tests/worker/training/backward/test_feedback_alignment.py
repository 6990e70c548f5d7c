"""Feedback alignment: with the last layer's own weights it is backpropagation, and the lanes' matrices stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from worker.training.engine import train
from worker.training.lanes import LOSSES, Fold, Lane, Setup
from worker.training.minibatches import orders
from worker.training.networks import Network, build_network, feedback_matrix, glorot_limit, initial_parameters
from worker.training.state import ALIGNMENT, feedback_row
from worker.training.tiled import TiledLanes

MakeFold = Callable[..., Fold]
NETWORKS = [("fig3", None), ("mlp", 1), ("mlp", 64), ("mlp", 100)]
SHAPE = (1, 8, 8)


def aligned(network: str, width: int | None, **others: object) -> tuple[Network, Setup]:
    setup = Setup(network=network, width=width, backward_rule="feedback_alignment", **others)  # type: ignore[arg-type]
    return build_network(network, SHAPE, 10, width), setup


@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_with_the_weights_replanted_in_each_step_it_is_backpropagation_to_the_bit(
    make_fold: MakeFold, network: str, width: int | None
) -> None:
    structure, setup = aligned(network, width, epochs=2, batch_size=48, drop_last=False)
    plain = Setup(network=network, width=width, epochs=2, batch_size=48, drop_last=False)
    fold, lanes = make_fold(), [Lane(0.05, 0.8, loss, seed) for seed, loss in enumerate(LOSSES)]
    found, expected = TiledLanes(structure, setup, fold, lanes), TiledLanes(structure, plain, fold, lanes)
    losses = fold.train_images.new_empty(8)
    (tile,) = found._tiles
    for order in orders(setup, 200):
        for minibatch in found._batches.epoch(order):
            rows = tile._weights.views["last.weight"].flatten(1)
            tile.state.fixed["feedback"][:, : rows.shape[1]] = rows
            tile.step(minibatch, losses)
        expected.train(order)
    for number in range(5):
        wanted = expected.parameters(number)
        assert all(torch.equal(value, wanted[name]) for name, value in found.parameters(number).items())


@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_matrices_have_the_initial_distribution_of_the_weights_and_are_independent_of_them(
    network: str, width: int | None
) -> None:
    structure, _ = aligned(network, width)
    matrices = torch.stack([feedback_matrix(structure, seed) for seed in range(200)])
    weights = torch.stack([initial_parameters(structure, seed)["last.weight"] for seed in range(200)])
    limit, count = glorot_limit(structure, "last.weight"), matrices.numel()
    assert matrices.dtype == torch.float64
    assert matrices.shape == weights.shape
    assert 0.99 * limit < float(matrices.abs().max()) <= limit
    assert float(matrices.std()) == pytest.approx(limit / 3**0.5, rel=0.05)
    assert abs(float(torch.corrcoef(torch.stack([matrices.flatten(), weights.flatten()]))[0, 1])) < 4 / count**0.5


def test_matrices_follow_from_all_of_the_seed() -> None:
    structure, _ = aligned("mlp", None)
    seeds = (0, 1, 5, 5 + 2**32, 2**63 - 1)
    assert torch.equal(feedback_matrix(structure, 5), feedback_matrix(structure, 5))
    assert len({feedback_matrix(structure, seed).numpy().tobytes() for seed in seeds}) == len(seeds)


@pytest.mark.parametrize(("network", "width"), NETWORKS)
def test_rows_are_aligned_as_the_weights_are(network: str, width: int | None) -> None:
    structure, _ = aligned(network, width)
    row, matrix = feedback_row(structure, 3), feedback_matrix(structure, 3)
    assert len(row) % ALIGNMENT == 0
    assert torch.equal(row[: matrix.numel()].view(matrix.shape), matrix)
    assert not row[matrix.numel() :].any()


def test_matrices_stay_with_their_lanes_while_others_leave(make_fold: MakeFold) -> None:
    structure, setup = aligned("mlp", 100, epochs=3, batch_size=50)
    lanes = [Lane(0.01, 0.5, LOSSES[n % 5], n) for n in range(19)]
    tiled = TiledLanes(structure, setup, make_fold(), lanes)
    epochs = orders(setup, 200)
    tiled.train(next(epochs))
    tiled.drop([3])
    assert not tiled._tiles[tiled._numbers.index(3) // 8].state.fixed["feedback"][tiled._numbers.index(3) % 8].any()
    tiled.train(next(epochs))
    tiled.drop([n for n in range(19) if n not in (0, 7, 18)])
    tiled.train(next(epochs))
    (tile,) = tiled._tiles
    for row, number in enumerate(tiled._numbers):
        assert torch.equal(tile.state.fixed["feedback"][row], feedback_row(structure, number))
    assert set(tiled._numbers) == {0, 7, 18}


def test_other_rules_have_no_matrices(make_fold: MakeFold) -> None:
    tiled = TiledLanes(build_network("mlp", SHAPE, 10), Setup(network="mlp"), make_fold(), [Lane(0.1, 0.5, "sse", 1)])
    assert tiled._tiles[0].state.fixed == {}


def test_the_weights_turn_towards_their_matrix(make_fold: MakeFold) -> None:
    """Which is why it learns (Lillicrap et al. 2014)."""
    structure, setup = aligned("mlp", 100, epochs=30, batch_size=25, weight_decay=1e-3)
    fold, lanes = make_fold(), [Lane(0.05, 0.8, "cross_entropy", seed) for seed in range(3)]
    tiled = TiledLanes(structure, setup, fold, lanes)
    for order in orders(setup, 200):
        tiled.train(order)
    for number in range(3):
        weight, matrix = tiled.parameters(number)["last.weight"], feedback_matrix(structure, number)
        assert torch.cosine_similarity(weight.flatten(), matrix.flatten(), dim=0) > 0.1
    assert min(result.accuracy for result in train(lanes, setup, fold)) > 0.8
