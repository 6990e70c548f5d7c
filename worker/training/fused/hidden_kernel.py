"""A hidden layer of patches that is never written down: each kernel computes it from the patches where it needs it.

A stack's hidden activations are the most that a step moves: 189 MB for 32 lanes of the paper's network, which plain
products read or write nine times. The two kernels here compute an image's channels at one position, use them, and
forget them; the backward one computes them again. The last layer's sums over positions are cut into parts of a fixed
number, each a program of its own, which `add_up` adds in their order: no number depends on the other lanes.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _to_tf32(x, EVEN: tl.constexpr):
    """float32 with the 10 explicit bits that a tensor core reads: rounded, halves to even, or cut. NaN stays NaN."""
    bits = x.to(tl.int32, bitcast=True)
    if EVEN:
        rounded = ((bits + 4095 + ((bits >> 13) & 1)) & -8192).to(tl.float32, bitcast=True)
        result = tl.where((bits & 0x7F800000) == 0x7F800000, x, rounded)  # the sum could overflow into the sign
    else:
        result = (bits & -8192).to(tl.float32, bitcast=True)
    return result


@triton.jit
def _product(left, right, SPLIT: tl.constexpr):
    """left right on tensor cores.

    SPLIT: of float32, by three products of the numbers' halves; what is left out is below float32's own rounding.
    Otherwise of numbers rounded to TF32, as `products.py` says. A tensor core cuts its sums where float32 rounds them,
    so long sums are added outside.
    """
    if SPLIT:
        left_high = _to_tf32(left, False)
        right_high = _to_tf32(right, False)
        total = tl.dot(left - left_high, right_high, input_precision="tf32")
        total = tl.dot(left_high, right - right_high, total, input_precision="tf32")
        total = tl.dot(left_high, right_high, total, input_precision="tf32")
    else:
        total = tl.dot(_to_tf32(left, True), _to_tf32(right, True), input_precision="tf32")
    return total


@triton.jit
def logits(
    alive,  # (L,) False: a lane that nobody asks about, whose numbers may be anything
    patches,  # (SIZE, positions * n), the image fastest
    first,  # (L, CHANNELS, SIZE)
    last,  # (L, CLASSES, CHANNELS * positions); lanes lie `row` numbers apart
    bias,  # (L, CLASSES); likewise
    parts,  # (S, L, CLASSES, n) to be written: each part's share, the first with the bias
    row,
    lanes,
    positions,
    of_part,  # positions of a part
    n,
    CHANNELS: tl.constexpr,
    SIZE: tl.constexpr,
    CLASSES: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_K: tl.constexpr,
    SPLIT: tl.constexpr,
):
    """What leaves the last layer; the ReLU lies between the two."""
    part = tl.program_id(0)
    lane = tl.program_id(1).to(tl.int64)
    if tl.load(alive + lane) == 0:
        return
    i = tl.program_id(2) * BLOCK_N + tl.arange(0, BLOCK_N)
    t = tl.arange(0, BLOCK_T)
    c = tl.arange(0, BLOCK_C)
    k = tl.arange(0, BLOCK_K)
    here = (i < n)[:, None] & (t < SIZE)[None, :]
    column = patches + t[None, :] * (positions * n) + i[:, None]
    kept = (c < CHANNELS)[:, None] & (k < CLASSES)[None, :]
    kernel = tl.load(
        first + (lane * CHANNELS + c[None, :]) * SIZE + t[:, None],
        mask=(t < SIZE)[:, None] & (c < CHANNELS)[None, :],
        other=0.0,
    )
    weight = last + lane * row + (k[None, :] * CHANNELS + c[:, None]) * positions
    total = tl.zeros([BLOCK_N, BLOCK_K], tl.float32)
    if part == 0:
        total += tl.load(bias + lane * row + k, mask=k < CLASSES, other=0.0)[None, :]
    start = part * of_part
    for p in range(start, min(start + of_part, positions)):
        pixels = tl.load(column + p * n, mask=here, other=0.0)
        z = _product(pixels, kernel, SPLIT)
        output = tl.where(z <= 0.0, 0.0, z)  # NaN stays NaN
        total += _product(output, tl.load(weight + p, mask=kept, other=0.0), SPLIT)
    target = parts + ((part * lanes + lane) * CLASSES + k[None, :]) * n + i[:, None]
    tl.store(target, total, mask=(i < n)[:, None] & (k < CLASSES)[None, :])


@triton.jit
def gradients(
    alive,  # (L,)
    patches,  # (SIZE, positions * n), the image fastest
    first,  # (L, CHANNELS, SIZE)
    last,  # (L, CLASSES, CHANNELS * positions); lanes lie `row` numbers apart
    slope,  # (L, CLASSES, n) the logits' gradient
    last_gradient,  # as `last`, lanes `gradient_row` numbers apart: to be written, or added to
    parts,  # (S, L, CHANNELS, SIZE) to be written: each part's share of the first layer's gradient
    row,
    gradient_row,
    lanes,
    positions,
    of_part,
    n,
    CHANNELS: tl.constexpr,
    SIZE: tl.constexpr,
    CLASSES: tl.constexpr,
    ADD: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_K: tl.constexpr,
    SPLIT: tl.constexpr,
):
    """Gradients of both layers' weights, by backpropagation through the ReLU."""
    part = tl.program_id(0)
    lane = tl.program_id(1).to(tl.int64)
    if tl.load(alive + lane) == 0:
        return
    i = tl.arange(0, BLOCK_N)
    t = tl.arange(0, BLOCK_T)
    c = tl.arange(0, BLOCK_C)
    k = tl.arange(0, BLOCK_K)
    own = lane * CHANNELS * SIZE
    kernel = tl.load(
        first + own + c[None, :] * SIZE + t[:, None],
        mask=(t < SIZE)[:, None] & (c < CHANNELS)[None, :],
        other=0.0,
    )
    kept = (c < CHANNELS)[:, None] & (k < CLASSES)[None, :]
    feature = (k[None, :] * CHANNELS + c[:, None]) * positions
    total = tl.zeros([BLOCK_T, BLOCK_C], tl.float32)
    start = part * of_part
    for p in range(start, min(start + of_part, positions)):
        weight = tl.load(last + lane * row + feature + p, mask=kept, other=0.0)
        of_last = tl.zeros([BLOCK_C, BLOCK_K], tl.float32)
        for begin in range(0, n, BLOCK_N):
            image = begin + i
            here = (image < n)[:, None] & (t < SIZE)[None, :]
            pixels = tl.load(patches + t[None, :] * (positions * n) + p * n + image[:, None], mask=here, other=0.0)
            of_logits = tl.load(
                slope + (lane * CLASSES + k[None, :]) * n + image[:, None],
                mask=(image < n)[:, None] & (k < CLASSES)[None, :],
                other=0.0,
            )
            z = _product(pixels, kernel, SPLIT)
            output = tl.where(z <= 0.0, 0.0, z)
            of_last += _product(tl.trans(output), of_logits, SPLIT)
            flowing = tl.where(z <= 0.0, 0.0, _product(of_logits, tl.trans(weight), SPLIT))
            total += _product(tl.trans(pixels), flowing, SPLIT)
        target = last_gradient + lane * gradient_row + feature + p
        if ADD:
            of_last += tl.load(target, mask=kept, other=0.0)
        tl.store(target, of_last, mask=kept)
    place = parts + (part * lanes + lane) * CHANNELS * SIZE + c[None, :] * SIZE + t[:, None]
    tl.store(place, total, mask=(t < SIZE)[:, None] & (c < CHANNELS)[None, :])


@triton.jit
def add_up(
    parts,  # (PARTS, numbers)
    total,  # (numbers,) to be written, or added to
    numbers,
    PARTS: tl.constexpr,
    ADD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The sum of the parts, in their order."""
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = place < numbers
    value = tl.load(parts + place, mask=there, other=0.0)
    for part in range(1, PARTS):
        value += tl.load(parts + part * numbers + place, mask=there, other=0.0)
    if ADD:
        value += tl.load(total + place, mask=there, other=0.0)
    tl.store(total + place, value, mask=there)
