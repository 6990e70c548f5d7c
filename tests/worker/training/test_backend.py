"""The interface of both backends, one against the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from stacked import one_lane_per_loss

from worker.training.backend import Backend
from worker.training.lanes import Fold, Setup
from worker.training.minibatches import orders
from worker.training.native.build import library
from worker.training.native.lanes import NativeLanes
from worker.training.networks import build_network
from worker.training.tiled import TiledLanes

MakeFold = Callable[..., Fold]
SETUP = Setup(epochs=3, batch_size=48, order_seed=1)


@pytest.fixture
def both(make_fold: MakeFold) -> Iterator[tuple[Backend, Backend]]:
    compiled = library()
    if compiled is None:
        pytest.skip("no C++ compiler: training goes through torch")
    network, fold, lanes = build_network("fig3", (1, 8, 8), 10), make_fold(), one_lane_per_loss(0.02)
    yield NativeLanes(compiled, network, SETUP, fold, lanes), TiledLanes(network, SETUP, fold, lanes)


def test_they_are_called_by_name(both: tuple[Backend, Backend]) -> None:
    assert [backend.name for backend in both] == ["native", "torch"]


def test_losses_scores_and_parameters_agree(both: tuple[Backend, Backend]) -> None:
    (order, *_), (native, tiled) = orders(SETUP, 200), both
    losses, expected = native.train(order), tiled.train(order)
    assert losses.shape == expected.shape == (4, 5)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    ours, theirs = (backend.evaluate(own_loss=True) for backend in both)
    np.testing.assert_array_equal(ours.correct, theirs.correct)
    np.testing.assert_allclose(ours.cross_entropy, theirs.cross_entropy, rtol=1e-9)
    np.testing.assert_allclose(ours.own_loss, theirs.own_loss, rtol=1e-9)
    for number in range(5):
        found, wanted = (backend.parameters(number) for backend in both)
        assert list(found) == list(wanted)
        for name, value in found.items():
            torch.testing.assert_close(value, wanted[name], rtol=1e-8, atol=1e-11)


def test_parameters_are_copies(both: tuple[Backend, Backend]) -> None:
    for backend in both:
        backend.parameters(2)["first.weight"].zero_()
        assert backend.parameters(2)["first.weight"].any()


def test_dropped_lanes_stand_still_and_the_others_go_on(both: tuple[Backend, Backend]) -> None:
    first, second, _ = orders(SETUP, 200)
    for backend in both:
        backend.train(first)
        backend.drop([1, 3])
        losses = backend.train(second)
        assert np.isnan(losses[:, [1, 3]]).all()
        assert np.isfinite(losses[:, [0, 2, 4]]).all()
