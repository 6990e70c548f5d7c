"""Softmax, loss and logit gradient of every lane in one kernel: the formulas of `losses.py`, one program per lane.

Two things differ from there, and neither by more than rounding. 1 - y comes from the sum of the other classes'
exponentials where y is the largest, in place of expm1, which Triton has not. Sine and cosine, of at most pi / 4, are
their power series: a device's own are for any angle, and slower.
"""

from __future__ import annotations

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)
LN2_HIGH = tl.constexpr(0.693145751953125)  # 16 bits, so that its product with a whole number is exact
LN2_LOW = tl.constexpr(1.4286068203094172e-06)
QUARTER_PI = tl.constexpr(0.7853981633974483)
HALF_ROOT = tl.constexpr(0.7071067811865476)
ROOT = tl.constexpr(1.4142135623730951)
SLOPE = tl.constexpr(0.5553603672697958)  # pi / (4 sqrt 2)


@triton.jit
def _exponential(x):
    """exp of numbers that are at most 0. A device's exp of float32 loses one digit at -20: its exponent is rounded."""
    if x.dtype == tl.float64:
        result = tl.exp(x)
    else:
        whole = tl.floor(x * LOG2_E + 0.5)
        part = (x - whole * LN2_HIGH) - whole * LN2_LOW
        result = tl.where(x < -100.0, 0.0, tl.exp(part) * tl.exp2(whole))  # exp(-100) is below float32's normal numbers
    return result


@triton.jit
def _sine(x, square):
    series = -1.0 / 1307674368000.0 + square * (1.0 / 355687428096000.0)
    series = 1.0 / 6227020800.0 + square * series
    series = -1.0 / 39916800.0 + square * series
    series = 1.0 / 362880.0 + square * series
    series = -1.0 / 5040.0 + square * series
    series = 1.0 / 120.0 + square * series
    series = -1.0 / 6.0 + square * series
    return x + x * square * series


@triton.jit
def _cosine(square):
    series = 1.0 / 20922789888000.0 - square * (1.0 / 6402373705728000.0)
    series = -1.0 / 87178291200.0 + square * series
    series = 1.0 / 479001600.0 + square * series
    series = -1.0 / 3628800.0 + square * series
    series = 1.0 / 40320.0 + square * series
    series = -1.0 / 720.0 + square * series
    series = 1.0 / 24.0 + square * series
    series = -0.5 + square * series
    return 1.0 + square * series


@triton.jit
def _golden(loss, gap, FLOOR: tl.constexpr):
    """One class's loss and its derivative with respect to the distance; see `losses.golden_terms`."""
    delta = tl.where(gap < FLOOR, 0.0 * gap + FLOOR, gap) * QUARTER_PI  # NaN stays NaN
    square = delta * delta
    sin = _sine(delta, square)
    cos = _cosine(square)
    sin_log_sin = sin * tl.log(sin)
    cos_log_cos = cos * tl.log(cos)
    tan = sin / cos
    information = -(cos_log_cos * tan + sin_log_sin / tan)
    slope = cos / tan - sin * tan - sin_log_sin + cos_log_cos
    odds = tl.exp(information * -HALF_ROOT)
    odds = tl.where(loss == 1, odds, ROOT * odds)
    sigma = 1.0 / (1.0 + odds)
    complement = odds * sigma
    value = sigma * sigma
    inner = tl.where(loss == 3, value * complement * (1.0 + sigma), complement)
    rate = tl.where(loss == 1, SLOPE * sigma * complement * slope, 2.0 * SLOPE * value * inner * slope)
    return tl.where(loss == 1, sigma, value), rate


@triton.jit
def softmax_loss(
    logits,  # (L, K, n)
    is_true,  # (K, n)
    share,  # (n,) of each image in the minibatch's mean; 0 for padding
    loss_of,  # (L,) number of each lane's loss in `lanes.LOSSES`
    gradient,  # (L, K, n) to be written: the logit gradient times the share
    total,  # (L,) to be written, or added to: the loss times the share, summed
    bias,  # (L, K) the same for the gradient, summed over the images; rows lie `bias_row` numbers apart
    bias_row,
    n,
    FLOOR: tl.constexpr,
    CLASSES: tl.constexpr,
    ADD: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    """Writes what a step needs of a chunk's logits."""
    lane = tl.program_id(0).to(tl.int64)
    loss = tl.load(loss_of + lane)
    k = tl.arange(0, BLOCK_K)[:, None]
    dtype = logits.dtype.element_ty
    sums = tl.zeros([BLOCK_N], dtype)
    slopes = tl.zeros([BLOCK_K, BLOCK_N], dtype)
    for start in range(0, n, BLOCK_N):
        column = start + tl.arange(0, BLOCK_N)[None, :]
        place = k * n + column
        real = (k < CLASSES) & (column < n)
        z = tl.load(logits + lane * CLASSES * n + place, mask=real, other=0.0)
        truth = tl.load(is_true + place, mask=real, other=0) != 0
        weight = tl.load(share + column, mask=column < n, other=0.0)
        z = tl.where(k < CLASSES, z, -float("inf"))
        top = tl.argmax(z, axis=0)[None, :]
        shifted = z - tl.max(z, axis=0)[None, :]
        exponential = tl.where(k < CLASSES, _exponential(shifted), 0.0)
        others = tl.sum(tl.where(k == top, 0.0, exponential), axis=0)[None, :]
        whole = tl.sum(exponential, axis=0)[None, :]
        y = exponential / whole
        rest = tl.where(k == top, others, whole - exponential) / whole  # 1 - y, exact to rounding at both ends
        if loss == 4:  # cross_entropy
            terms = tl.where(truth, tl.log(whole) - shifted, 0.0)
            slope = tl.where(truth, -rest, y)
        else:
            if loss == 0:  # sse
                distance = tl.where(truth, rest, y)
                terms = distance * distance
                rate = 2.0 * distance
            else:
                terms, rate = _golden(loss, tl.where(truth, y, rest), FLOOR)
            weighted = tl.where(k < CLASSES, y * tl.where(truth, -rate, rate), 0.0)
            slope = weighted - y * tl.sum(weighted, axis=0)[None, :]
        slope = tl.where(real, slope * weight, 0.0)
        tl.store(gradient + lane * CLASSES * n + place, slope, mask=real)
        slopes += slope
        sums += tl.sum(tl.where(real, terms * weight, 0.0), axis=0)
    value = tl.sum(sums, axis=0)
    row = tl.arange(0, BLOCK_K)
    slope_sum = tl.sum(slopes, axis=1)
    if ADD:
        value += tl.load(total + lane)
        slope_sum += tl.load(bias + lane * bias_row + row, mask=row < CLASSES, other=0.0)
    tl.store(total + lane, value)
    tl.store(bias + lane * bias_row + row, slope_sum, mask=row < CLASSES)
