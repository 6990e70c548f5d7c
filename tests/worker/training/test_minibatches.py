"""Orders, steps and the layout of patches."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from worker.training.lanes import Setup
from worker.training.minibatches import (
    EpochBatches,
    PatchSource,
    batches_of,
    column_multiple,
    orders,
    steps_per_epoch,
)
from worker.training.networks import build_network


@pytest.mark.parametrize(("drop_last", "steps"), [(True, 70), (False, 71)])
def test_paper_has_70_steps_per_epoch(drop_last: bool, steps: int) -> None:
    assert steps_per_epoch(Setup(drop_last=drop_last), 9_000) == steps


@given(n=st.integers(1, 300), batch=st.integers(1, 400), drop_last=st.booleans())
def test_batches_partition_the_order(n: int, batch: int, drop_last: bool) -> None:
    setup = Setup(batch_size=batch, drop_last=drop_last, epochs=1)
    (order,) = orders(setup, n)
    parts = batches_of(order, setup)
    assert len(parts) == steps_per_epoch(setup, n) >= 1
    joined = torch.cat(parts)
    assert torch.equal(joined, order[: len(joined)])
    assert len(joined) == (n if not drop_last else n - n % min(batch, n))
    assert sorted(order.tolist()) == list(range(n))


def test_order_is_kept_or_redrawn() -> None:
    kept = list(orders(Setup(epochs=3, order_seed=1), 50))
    redrawn = list(orders(Setup(epochs=3, order_seed=1, reshuffle=True), 50))
    assert torch.equal(kept[0], kept[2])
    assert not torch.equal(redrawn[0], redrawn[1])
    assert torch.equal(kept[0], redrawn[0])
    assert not torch.equal(kept[0], next(orders(Setup(order_seed=2), 50)))


@pytest.mark.parametrize(("classes", "multiple"), [(10, 16), (2, 16), (32, 1), (7, 32), (100, 8)])
def test_padding_fills_whole_vectors(classes: int, multiple: int) -> None:
    assert column_multiple(classes) == multiple
    assert classes * multiple % 32 == 0


@pytest.mark.parametrize("name", ["fig3", "mlp"])
def test_patches_meet_weights_as_in_the_module(name: str) -> None:
    generator = torch.Generator().manual_seed(8)
    images, labels = torch.rand(21, 3, 9, 7, generator=generator), torch.arange(21) % 10
    network = build_network(name, (3, 9, 7), 10)
    weight = torch.randn(network.hidden, network.patch_size, generator=generator)
    (chunk,) = PatchSource(images, labels, network, columns=48).chunks(torch.arange(20, -1, -1))
    product = (weight @ chunk.patches[:-1]).view(network.hidden * network.positions, 32)
    flipped = images.flip(0)
    expected = F.conv2d(flipped, weight.view(-1, 3, 5, 5)) if name == "fig3" else flipped.flatten(1) @ weight.T
    torch.testing.assert_close(product[:, :21].T, expected.flatten(1), rtol=1e-5, atol=1e-5)
    assert not chunk.patches.view(-1, network.positions, 32)[:, :, 21:].any()
    assert chunk.weight.tolist() == [1.0] * 21 + [0.0] * 11
    assert chunk.is_true.float().argmax(dim=0)[:21].tolist() == labels.flip(0).tolist()
    assert not chunk.is_true[:, 21:].any()


@pytest.mark.parametrize("cache_bytes", [0, 30_000, 1 << 30])
def test_minibatches_do_not_depend_on_the_cache(cache_bytes: int) -> None:
    images = torch.rand(100, 1, 8, 8, generator=torch.Generator().manual_seed(9))
    network = build_network("fig3", (1, 8, 8), 10)
    source = PatchSource(images, torch.arange(100) % 10, network, columns=16)
    setup = Setup(batch_size=32, epochs=2)
    batches = EpochBatches(source, setup, cache_bytes=cache_bytes)
    for order in orders(setup, 100):
        for minibatch, indices in zip(batches.epoch(order), batches_of(order, setup), strict=True):
            fresh = source.minibatch(indices)
            assert torch.equal(minibatch.moments.covariance, fresh.moments.covariance)
            for kept, new in zip(minibatch.chunks, fresh.chunks, strict=True):
                assert torch.equal(kept.patches, new.patches)
