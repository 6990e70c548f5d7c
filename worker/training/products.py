"""Matrix products of a step, in the precision that a study asks for.

    fp32  as they come: in the images' own type
    tf32  operands rounded to 10 explicit bits, products summed in float32
    bf16  operands rounded to 7 explicit bits, products summed in float32

A CUDA device does the last two on its tensor cores. Elsewhere the operands are rounded and multiplied in float32: the
same numbers up to the order of summation, so that a study means the same on every worker, though it gains no time
there. Weights, velocities, losses, batch norm's moments and the update itself stay in float32 throughout. Both types
keep float32's range of exponents, so nothing overflows that would not have.

References: NVIDIA (2020), A100 white paper, on TF32; Kalamkar et al. (2019), arXiv 1905.12322, on bfloat16.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

PRECISIONS = ("fp32", "tf32", "bf16")
_TF32_DROPPED = 13  # of float32's 23 explicit bits


class Products(Protocol):
    """The product of two matrices, or of two stacks of them, written or added to `out`."""

    def multiply(self, left: Tensor, right: Tensor, *, out: Tensor, add: bool = False) -> Tensor:
        """out = left right, or out + left right where `add`.

        Args:
            left: (m, k) or (L, m, k).
            right: (k, n) or (L, k, n).
            out: (m, n) or (L, m, n); returned.
            add: keep what `out` holds. Where not, it may hold anything, NaN included.
        """


def products(precision: str, device: torch.device) -> Products:
    """The products of one precision on one kind of device.

    Raises:
        ValueError: unknown precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"`precision` must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    if precision == "fp32":
        return Plain()
    if device.type == "cuda":
        return TensorFloat() if precision == "tf32" else BrainFloat()
    return Rounded(to_tf32 if precision == "tf32" else to_bf16)


def is_emulated(precision: str, device: torch.device) -> bool:
    """True if the device has no such arithmetic, so that operands are rounded first and no time is gained."""
    return precision != "fp32" and device.type != "cuda"


class Plain:
    """In the operands' own type."""

    def multiply(self, left: Tensor, right: Tensor, *, out: Tensor, add: bool = False) -> Tensor:
        """See `Products`."""
        if left.dim() == 2:
            return torch.addmm(out, left, right, out=out) if add else torch.mm(left, right, out=out)
        return torch.baddbmm(out, left, right, out=out) if add else torch.bmm(left, right, out=out)


class Rounded(Plain):
    """Operands rounded, then multiplied in their own type."""

    def __init__(self, rounding: Rounding) -> None:
        self._round = rounding

    def multiply(self, left: Tensor, right: Tensor, *, out: Tensor, add: bool = False) -> Tensor:
        """See `Products`."""
        return super().multiply(self._round(left), self._round(right), out=out, add=add)


class TensorFloat(Plain):
    """TF32 on tensor cores."""

    def multiply(self, left: Tensor, right: Tensor, *, out: Tensor, add: bool = False) -> Tensor:
        """See `Products`."""
        with _tf32_allowed():
            return super().multiply(left, right, out=out, add=add)


class BrainFloat:
    """bfloat16 operands on tensor cores, float32 sums."""

    def multiply(self, left: Tensor, right: Tensor, *, out: Tensor, add: bool = False) -> Tensor:
        """See `Products`."""
        times = torch.mm if left.dim() == 2 else torch.bmm
        product = times(left.bfloat16(), right.bfloat16(), out_dtype=torch.float32)
        return out.add_(product) if add else out.copy_(product)


class Rounding(Protocol):
    """Rounds every number of a tensor."""

    def __call__(self, values: Tensor, /) -> Tensor:
        """A tensor of the same shape and type."""


def to_tf32(values: Tensor) -> Tensor:
    """float32 rounded to TF32's 10 explicit bits, halves to even; infinities and NaN stay what they are."""
    bits = values.contiguous().view(torch.int32)
    odd = (bits >> _TF32_DROPPED) & 1
    rounded = (bits + ((1 << (_TF32_DROPPED - 1)) - 1) + odd) & -(1 << _TF32_DROPPED)
    return torch.where(values.isfinite(), rounded.view(torch.float32), values)


def to_bf16(values: Tensor) -> Tensor:
    """float32 rounded to bfloat16's 7 explicit bits, halves to even, as float32."""
    return values.bfloat16().float()


@contextmanager
def _tf32_allowed() -> Iterator[None]:
    """Allows TF32 for one product: batch norm's covariances must not be rounded. One thread trains on CUDA."""
    settings = torch.backends.cuda.matmul
    before, settings.fp32_precision = settings.fp32_precision, "tf32"
    try:
        yield
    finally:
        settings.fp32_precision = before
