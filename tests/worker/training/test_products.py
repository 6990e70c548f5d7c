"""The products of each precision, against rounding done by other means."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from worker.training.products import PRECISIONS, BrainFloat, TensorFloat, is_emulated, products, to_bf16, to_tf32

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
EXPLICIT_BITS = {"fp32": 23, "tf32": 10, "bf16": 7}
ROUNDINGS = {"tf32": to_tf32, "bf16": to_bf16}


def rounded(values: torch.Tensor, bits: int) -> torch.Tensor:
    """To the given number of explicit bits, halves to even, by arithmetic on mantissa and exponent in float64."""
    mantissa, exponent = np.frexp(values.double().numpy())
    return torch.from_numpy(np.ldexp(np.round(mantissa * 2.0 ** (bits + 1)), exponent - bits - 1))


@pytest.mark.parametrize("precision", ROUNDINGS)
def test_rounding_equals_arithmetic_on_the_mantissa(precision: str) -> None:
    generator = torch.Generator().manual_seed(1)
    scale = 10.0 ** torch.linspace(-30, 30, 20_000)
    values = torch.randn(20_000, generator=generator) * scale
    halves = torch.tensor([1 + k * 2.0**-11 for k in range(9)] + [-1 - k * 2.0**-8 for k in range(9)] + [0.0, -0.0])
    values = torch.cat([values, halves])
    assert torch.equal(ROUNDINGS[precision](values).double(), rounded(values, EXPLICIT_BITS[precision]))


@pytest.mark.parametrize("precision", ROUNDINGS)
def test_rounding_leaves_what_is_no_number(precision: str) -> None:
    odd = torch.tensor([math.inf, -math.inf, math.nan])
    odd = torch.cat([odd, torch.tensor([0x7FFFFFFF, -1], dtype=torch.int32).view(torch.float32)])  # NaN, all bits set
    result = ROUNDINGS[precision](odd)
    assert torch.equal(result[:2], odd[:2])
    assert result[2:].isnan().all()


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_product_is_that_of_the_rounded_operands(precision: str, lanes: int | None) -> None:
    generator = torch.Generator().manual_seed(2)
    shape = () if lanes is None else (lanes,)
    left, right = (torch.randn(*shape, *size, generator=generator) for size in ((7, 40), (40, 5)))
    out = torch.full((*shape, 7, 5), math.nan)
    multiply = products(precision, CPU).multiply
    exact = rounded(left, EXPLICIT_BITS[precision]) @ rounded(right, EXPLICIT_BITS[precision])
    assert multiply(left, right, out=out) is out
    torch.testing.assert_close(out.double(), exact, rtol=1e-6, atol=1e-5)
    multiply(left, right, out=out, add=True)
    torch.testing.assert_close(out.double(), 2 * exact, rtol=1e-6, atol=2e-5)
    if precision != "fp32":  # what is rounded away is far above the tolerance
        assert (exact - left.double() @ right.double()).abs().max() > 1e-3


def test_tensor_cores_are_for_cuda() -> None:
    assert isinstance(products("tf32", CUDA), TensorFloat)
    assert isinstance(products("bf16", CUDA), BrainFloat)
    assert is_emulated("tf32", CPU)
    assert not is_emulated("tf32", CUDA)
    assert not is_emulated("fp32", CPU)


def test_tf32_is_allowed_for_the_product_alone() -> None:
    before = torch.backends.cuda.matmul.fp32_precision
    left, right = torch.eye(3), torch.eye(3)
    products("tf32", CUDA).multiply(left, right, out=torch.empty(3, 3))
    assert torch.backends.cuda.matmul.fp32_precision == before


def test_unknown_precision_is_named() -> None:
    with pytest.raises(ValueError, match="`precision` must be one of fp32, tf32, bf16, got 'fp8'"):
        products("fp8", CPU)
