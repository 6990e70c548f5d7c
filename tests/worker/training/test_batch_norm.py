"""The closed form against torch's batch norm and autograd."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from worker.training import batch_norm
from worker.training.minibatches import PatchSource, patch_moments
from worker.training.networks import BATCH_NORM_EPSILON, build_network

TOLERANCE = {torch.float64: 1e-11, torch.float32: 2e-4}


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7)])
def test_fuse_and_backward_equal_autograd(shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(6)
    network = build_network("fig3", shape, 10)
    images = torch.rand(30, *shape, generator=generator, dtype=dtype)
    source = PatchSource(images, torch.zeros(30, dtype=torch.int64), network, columns=16)
    minibatch = source.minibatch(torch.arange(30))
    weight = torch.randn(2, 20, network.patch_size, generator=generator, dtype=dtype)
    scale, offset = torch.rand(2, 2, 20, generator=generator, dtype=dtype) + 0.5
    fused = batch_norm.fuse(weight, scale, offset, minibatch.moments)

    for lane in range(2):
        leaves = [tensor[lane].clone().requires_grad_() for tensor in (weight, scale, offset)]
        linear = F.conv2d(images, leaves[0].view(20, shape[0], 5, 5))
        expected = F.batch_norm(linear, None, None, leaves[1], leaves[2], training=True, eps=BATCH_NORM_EPSILON)
        outer = torch.randn(expected.shape, generator=generator, dtype=dtype)
        expected.backward(outer)  # type: ignore[no-untyped-call]

        gathered = torch.zeros(20, network.patch_size + 1, dtype=dtype)
        outputs, start = [], 0
        for chunk in minibatch.chunks:
            n = int(chunk.weight.sum())
            padded = len(chunk.weight)
            product = (fused.weight[lane] @ chunk.patches).view(20, network.positions, padded)[:, :, :n]
            outputs.append(product.permute(2, 0, 1).reshape(n, *expected.shape[1:]))
            flowing = torch.zeros(20, network.positions, padded, dtype=dtype)
            flowing[:, :, :n] = outer[start : start + n].flatten(2).permute(1, 2, 0)
            gathered += flowing.view(20, -1) @ chunk.patches.mT
            start += n
        torch.testing.assert_close(torch.cat(outputs), expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        both = torch.stack([gathered, gathered])
        parts = batch_norm.backward(both, weight, scale, fused, minibatch.moments)
        for part, leaf in zip(parts, leaves, strict=True):
            assert leaf.grad is not None
            gap = (part[lane] - leaf.grad).abs().max() / leaf.grad.abs().max()
            assert gap < TOLERANCE[dtype]


def test_moments_are_those_of_all_patches_of_the_fold() -> None:
    images = torch.rand(50, 3, 9, 8, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    network = build_network("fig3", (3, 9, 8), 10)
    source = PatchSource(images, torch.zeros(50, dtype=torch.int64), network, columns=16)
    moments = patch_moments(source.chunks(torch.arange(50)))
    patches = F.unfold(images, 5).transpose(1, 2).reshape(-1, 75)  # (image * position, k)
    torch.testing.assert_close(moments.mean, patches.mean(dim=0), rtol=1e-12, atol=0)
    torch.testing.assert_close(moments.covariance, torch.cov(patches.T, correction=0), rtol=1e-9, atol=1e-14)
