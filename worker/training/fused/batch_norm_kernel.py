"""Batch norm over a linear layer: the closed form of `batch_norm.py`, a few channels of one lane in a program."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def fuse(
    weight,  # (L, c, k); lanes lie `row` numbers apart, as in scale and offset
    scale,  # (L, c)
    offset,  # (L, c)
    mean,  # (k,)
    covariance,  # (k, k)
    fused,  # (L, c, k + 1) to be written
    deviation,  # (L, c) to be written
    covariance_weight,  # (L, c, k) to be written
    row,
    channels,
    EPSILON: tl.constexpr,
    SIZE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """See `batch_norm.fuse`."""
    lane = tl.program_id(0).to(tl.int64)
    c = tl.program_id(1) * BLOCK_C + tl.arange(0, BLOCK_C)
    k = tl.arange(0, BLOCK_K)
    real = (c < channels)[:, None] & (k < SIZE)[None, :]
    place = c[:, None] * SIZE + k[None, :]
    own = lane * row
    w = tl.load(weight + own + place, mask=real, other=0.0)
    product = tl.zeros([BLOCK_C, BLOCK_K], weight.dtype.element_ty)
    for j in range(SIZE):
        column = tl.load(weight + own + c * SIZE + j, mask=c < channels, other=0.0)
        product += column[:, None] * tl.load(covariance + j * SIZE + k, mask=k < SIZE, other=0.0)[None, :]
    s = tl.sqrt(tl.sum(product * w, axis=1) + EPSILON)
    factor = tl.load(scale + own + c, mask=c < channels, other=0.0) / s
    spread = w * factor[:, None]
    shift = tl.sum(spread * tl.load(mean + k, mask=k < SIZE, other=0.0)[None, :], axis=1)
    start = (lane * channels + c) * (SIZE + 1)
    tl.store(fused + start[:, None] + k[None, :], spread, mask=real)
    tl.store(fused + start + SIZE, tl.load(offset + own + c, mask=c < channels, other=0.0) - shift, mask=c < channels)
    tl.store(deviation + lane * channels + c, s, mask=c < channels)
    tl.store(covariance_weight + lane * channels * SIZE + place, product, mask=real)


@triton.jit
def backward(
    sums,  # (L, c, k + 1): G and, in the last column, g0
    weight,  # (L, c, k); lanes lie `row` numbers apart, as in scale
    scale,  # (L, c)
    mean,  # (k,)
    deviation,  # (L, c)
    covariance_weight,  # (L, c, k)
    weight_gradient,  # (L, c, k) to be written, and the two after it; lanes lie `gradient_row` numbers apart
    scale_gradient,  # (L, c)
    offset_gradient,  # (L, c)
    row,
    gradient_row,
    channels,
    SIZE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """See `batch_norm.backward`."""
    lane = tl.program_id(0).to(tl.int64)
    c = tl.program_id(1) * BLOCK_C + tl.arange(0, BLOCK_C)
    k = tl.arange(0, BLOCK_K)
    there = c < channels
    real = there[:, None] & (k < SIZE)[None, :]
    place = c[:, None] * SIZE + k[None, :]
    start = (lane * channels + c) * (SIZE + 1)
    g0 = tl.load(sums + start + SIZE, mask=there, other=0.0)
    flowing = tl.load(sums + start[:, None] + k[None, :], mask=real, other=0.0)
    centred = flowing - g0[:, None] * tl.load(mean + k, mask=k < SIZE, other=0.0)[None, :]
    w = tl.load(weight + lane * row + place, mask=real, other=0.0)
    s = tl.load(deviation + lane * channels + c, mask=there, other=1.0)
    by_scale = tl.sum(tl.where(real, centred * w, 0.0), axis=1) / s
    product = tl.load(covariance_weight + lane * channels * SIZE + place, mask=real, other=0.0)
    factor = tl.load(scale + lane * row + c, mask=there, other=0.0) / s
    result = (centred - (by_scale / s)[:, None] * product) * factor[:, None]
    own = lane * gradient_row
    tl.store(weight_gradient + own + place, result, mask=real)
    tl.store(scale_gradient + own + c, by_scale, mask=there)
    tl.store(offset_gradient + own + c, g0, mask=there)
