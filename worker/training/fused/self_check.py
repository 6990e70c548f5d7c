"""Whether the fused kernels are used: only where they have just given what torch gives, on that device and number type.

Nobody's device is like the one that a kernel was written for. So before the first stack the kernels run once on small
random numbers, a diverged lane and padding among them, and what they give is held against torch's operations on the
same device. Any error and any difference means torch for the rest of the process, with one sentence in the log.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from worker.training import batch_norm, losses
from worker.training.batch_norm import Moments
from worker.training.fused import SWITCH, hidden_ops, ops
from worker.training.lanes import LOSSES
from worker.training.products import Plain, Rounded, to_tf32

INTERPRETED = "TRITON_INTERPRET"  # Triton's own variable: 1 lets a CPU stand for a device
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}  # largest difference, relative to the largest number or to 1
ROUNDED_TOLERANCE = 2.0**-10  # TF32's own step: a number between the layers may be rounded to either side
LANES, CLASSES, IMAGES, PADDING = len(LOSSES) + 1, 10, 80, 9
CHANNELS, PIXELS = 20, 25
POSITIONS, BATCH = 17, 128  # of the hidden layer: an odd number, and the paper's

_log = logging.getLogger(__name__)


def usable(images: Tensor) -> bool:
    """True if lanes that train on these images are to use the kernels."""
    device = images.device
    on_device = device.type == "cuda" and torch.cuda.is_available()
    if not on_device and not (device.type == "cpu" and os.environ.get(INTERPRETED) == "1"):
        return False
    if os.environ.get(SWITCH) == "0":
        _log_switched_off()
        return False
    return _agrees(device, images.dtype)


def recomputes(images: Tensor, precision: str) -> bool:
    """True if lanes that use the kernels are to use those of the hidden layer too."""
    return _agrees(images.device, images.dtype, precision)


@cache
def _log_switched_off() -> None:
    _log.warning("training without fused kernels: %s=0 switched them off", SWITCH)


@cache
def _agrees(device: torch.device, dtype: torch.dtype, precision: str | None = None) -> bool:
    """Of the kernels of loss and batch norm, or of the hidden layer's with products of a precision."""
    like = torch.zeros(0, dtype=dtype, device=device)
    try:
        largest = largest_difference(like) if precision is None else hidden_difference(like, precision)
    except ImportError:
        _log.warning("training without fused kernels: there is no Triton; pip install 'golden-study[gpu]'")
        return False
    except Exception as error:  # a compiler, a driver and a device may each fail in ways of their own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        _log.warning("training without fused kernels: %s", reason)
        return False
    if largest <= (TOLERANCE[dtype] if precision != hidden_ops.ROUNDED else ROUNDED_TOLERANCE):
        return True
    _log.warning("training without fused kernels: on %s they differ from torch by %.1e", device, largest)
    return False


def largest_difference(like: Tensor) -> float:
    """Largest difference of the kernels' numbers from torch's, on the device and in the number type of `like`."""
    generator = torch.Generator().manual_seed(12)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(like.dtype).to(like.device)

    return max(_difference_of_losses(draw(LANES, CLASSES, IMAGES)), _difference_of_norm(draw))


def hidden_difference(like: Tensor, precision: str) -> float:
    """The same of the hidden layer's kernels, against torch's products of operands rounded as the precision says."""
    generator = torch.Generator().manual_seed(13)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(like.dtype).to(like.device)

    patches, first, slope = draw(PIXELS + 1, POSITIONS * BATCH), draw(2, CHANNELS, PIXELS + 1), draw(2, CLASSES, BATCH)
    patches.view(-1, POSITIONS, BATCH)[:, :, -PADDING:] = 0.0
    first[1, 3, 4] = torch.nan  # a lane that has diverged
    alive = patches.new_ones(2, dtype=torch.bool)
    rows = draw(2, CLASSES * (CHANNELS * POSITIONS + 1))
    last, bias = rows[:, :-CLASSES].view(2, CLASSES, -1), rows[:, -CLASSES:]
    expected = _hidden_by_torch(patches, first, last, bias, slope, precision)
    parts = patches.new_empty(hidden_ops.forward_parts(POSITIONS), 2, CLASSES, BATCH)
    hidden_ops.hidden_logits(alive, patches, first, last, bias, parts, precision)
    logits, written = torch.empty_like(slope), torch.ones_like(rows)
    hidden_ops.add_up(parts, logits, False)
    of_last = written[:, :-CLASSES].view(last.shape)
    parts = patches.new_empty(hidden_ops.backward_parts(POSITIONS), *first.shape)
    hidden_ops.hidden_gradients(alive, patches, first, last, slope, of_last, parts, precision, True)
    of_first = torch.ones_like(first)
    hidden_ops.add_up(parts, of_first, True)
    return _largest((logits, of_last - 1.0, of_first - 1.0), expected)


def _hidden_by_torch(
    patches: Tensor, first: Tensor, last: Tensor, bias: Tensor, slope: Tensor, precision: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits and the gradients of the last layer and the first."""
    multiply = (Rounded(to_tf32) if precision == hidden_ops.ROUNDED else Plain()).multiply
    z = multiply(first.flatten(0, 1), patches, out=patches.new_empty(2 * CHANNELS, patches.shape[1]))
    outputs = z.clamp_min(0.0).view(2, -1, BATCH)
    logits = multiply(last, outputs, out=torch.empty_like(slope)) + bias.unsqueeze(2)
    of_last = multiply(slope, outputs.mT, out=torch.empty_like(last))
    flowing = multiply(last.mT, slope, out=torch.empty_like(outputs)).view(z.shape)
    flowing = torch.where(z <= 0.0, 0.0, flowing)
    of_first = multiply(flowing, patches.mT, out=first.new_empty(2 * CHANNELS, PIXELS + 1))
    return logits, of_last, of_first.view(first.shape)


def _difference_of_losses(logits: Tensor) -> float:
    logits *= 3.0
    logits[-1, 4, : IMAGES // 2] = torch.inf  # a lane that has diverged, beside one that has not
    names = [*LOSSES, LOSSES[-1]]
    labels = torch.arange(IMAGES, device=logits.device) % CLASSES
    is_true = labels == torch.arange(CLASSES, device=logits.device).unsqueeze(1)
    is_true[:, -PADDING:] = False
    share = logits.new_full((IMAGES,), 1.0 / (IMAGES - PADDING))
    share[-PADDING:] = 0.0
    numbers = torch.tensor([LOSSES.index(name) for name in names], dtype=torch.int32, device=logits.device)
    total, bias = logits.new_ones(LANES), logits.new_ones(LANES, CLASSES)
    gradient = torch.empty_like(logits)
    ops.softmax_loss(logits, is_true, share, numbers, gradient, total, bias, True)
    parts = [losses.values_and_gradient(name, logits[i], is_true, class_dim=-2) for i, name in enumerate(names)]
    weighted = torch.stack([slope for _, slope in parts]) * share
    values = torch.stack([value for value, _ in parts])
    expected = (weighted, 1.0 + (values * share).sum(dim=1), 1.0 + weighted.sum(dim=2))
    return _largest((gradient * IMAGES, total, bias), (expected[0] * IMAGES, *expected[1:]))


def _difference_of_norm(draw: Callable[..., Tensor]) -> float:
    rows = draw(2, CHANNELS * (PIXELS + 2))  # as in a lane's row of parameters: kernel, scale, offset
    weight, scale, offset = _in_rows(rows)
    patches = draw(PIXELS, 3 * PIXELS)
    moments = Moments(patches.mean(dim=1), torch.cov(patches, correction=0))
    sums = draw(2, CHANNELS, PIXELS + 1)
    expected = batch_norm.fuse(weight, scale, offset, moments)
    found = [torch.empty_like(part) for part in (expected.weight, expected.deviation, expected.covariance_weight)]
    ops.fuse(weight, scale, offset, moments.mean, moments.covariance, *found)
    written = _in_rows(torch.empty_like(rows))
    ops.norm_backward(sums, weight, scale, moments.mean, found[1], found[2], *written)
    slopes = batch_norm.backward(sums, weight, scale, expected, moments)
    return _largest((*found, *written), (expected.weight, expected.deviation, expected.covariance_weight, *slopes))


def _in_rows(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    kernel, scale, offset = torch.split(rows, [CHANNELS * PIXELS, CHANNELS, CHANNELS], dim=1)
    return kernel.view(-1, CHANNELS, PIXELS), scale, offset


def _largest(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """Over pairs of tensors; infinite where one has a number that is finite and the other has not."""
    largest = 0.0
    for one, other in zip(found, expected, strict=True):
        sound = other.isfinite()
        if not torch.equal(one.isfinite(), sound):
            return math.inf
        scale = max(1.0, float(other[sound].abs().max()))
        largest = max(largest, float((one - other)[sound].abs().max()) / scale)
    return largest
