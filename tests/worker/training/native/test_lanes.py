"""The compiled formulas against their torch counterparts, also where numbers get extreme."""

from __future__ import annotations

import pytest
import torch

from worker.training import losses
from worker.training.batch_norm import Moments
from worker.training.lanes import LOSSES
from worker.training.minibatches import PatchSource, patch_moments
from worker.training.native.build import library
from worker.training.native.lanes import Kernels
from worker.training.networks import build_network, initial_parameters

TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-11}
IMAGES = 640


def kernels(shape: tuple[int, int, int], dtype: torch.dtype) -> Kernels:
    compiled = library()
    if compiled is None:
        pytest.skip("no C++ compiler: training goes through torch")
    return Kernels(compiled, build_network("fig3", shape, 10), dtype)


def compiled_loss(loss: str, logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    values, gradient = logits.new_empty(len(labels)), torch.empty_like(logits)
    function = kernels((1, 8, 8), logits.dtype)
    function.call("examine", LOSSES.index(loss), logits, labels, len(labels), values, gradient)
    return values, gradient


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("spread", [1e-3, 1.0, 10.0, 60.0])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_equal_those_of_torch(loss: str, spread: float, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(12)
    logits = (spread * torch.randn(10, IMAGES, generator=generator, dtype=torch.float64)).to(dtype)
    labels = torch.randint(0, 10, (IMAGES,), generator=generator)
    is_true = labels == torch.arange(10).unsqueeze(1)
    expected = losses.values_and_gradient(loss, logits, is_true, class_dim=-2)
    for value, reference in zip(compiled_loss(loss, logits, labels), expected, strict=True):
        torch.testing.assert_close(value, reference, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("loss", LOSSES)
def test_broken_logits_break_the_loss_of_their_image_alone(loss: str, bad: float) -> None:
    logits, labels = torch.zeros(10, 32), torch.arange(32) % 10
    clean, _ = compiled_loss(loss, logits, labels)
    for k in (0, 4, 9):
        broken = logits.clone()
        broken[k, 5] = bad
        values, _ = compiled_loss(loss, broken, labels)
        assert not values[5].isfinite()
        assert torch.equal(values[torch.arange(32) != 5], clean[torch.arange(32) != 5])


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7), (1, 28, 28)])
def test_moments_equal_those_of_the_patches(shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    images = torch.rand(40, *shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(dtype)
    network = build_network("fig3", shape, 10)
    indices = torch.arange(39, 2, -2)
    source = PatchSource(images, torch.zeros(40, dtype=torch.int64), network, columns=16)
    expected: Moments = patch_moments(source.chunks(indices))
    row = kernels(shape, dtype).moments(images, indices)
    k = network.patch_size
    torch.testing.assert_close(row[:k], expected.mean, rtol=1e-6, atol=1e-12)
    torch.testing.assert_close(row[k:].view(k, k), expected.covariance, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7), (1, 28, 28)])
def test_a_packed_lane_unpacks_to_the_same_parameters(shape: tuple[int, int, int]) -> None:
    drawn = initial_parameters(build_network("fig3", shape, 10), 5)
    functions = kernels(shape, torch.float64)
    unpacked = functions.unpack(functions.pack(drawn))
    assert list(unpacked) == list(drawn)
    for name, value in drawn.items():
        assert torch.equal(unpacked[name], value)
