"""The derivatives by formulas of their own, by differences of their functions, and at the corners."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.training.derivatives import DERIVATIVES, SLOPE, derivative_at
from worker.training.solo_backward import FORMULAS

GRID = torch.linspace(-30.0, 30.0, 2401, dtype=torch.float64)
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "elu": F.elu,
    "leaky_relu": lambda z: F.leaky_relu(z, SLOPE),
    "swish": F.silu,
    "gelu": F.gelu,
    "identity": lambda z: z,
    "relu": F.relu,
}


def test_every_derivative_has_a_formula_and_a_function_to_be_tested_by() -> None:
    assert set(DERIVATIVES) == set(FORMULAS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_it_is_its_formula(name: str) -> None:
    torch.testing.assert_close(derivative_at(name, GRID), FORMULAS[name](GRID), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_it_is_the_slope_of_its_function(name: str) -> None:
    away = GRID[GRID.abs() > 1e-3]  # from the corner
    step = 1e-5
    slope = (FUNCTIONS[name](away + step) - FUNCTIONS[name](away - step)) / (2 * step)
    torch.testing.assert_close(derivative_at(name, away), slope, rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_leaves_z_alone_and_stays_finite_far_out(name: str, dtype: torch.dtype) -> None:
    z = torch.tensor([-1e30, -200.0, -1.0, 0.0, 1.0, 200.0, 1e30], dtype=dtype)
    before = z.clone()
    values = derivative_at(name, z)
    assert torch.equal(z, before)
    assert values.dtype == dtype
    assert values.isfinite().all()


CORNER = {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0, "identity": 1.0, "sigmoid": 0.25, "tanh": 1.0}
CORNER |= {"softplus": 0.5, "swish": 0.5, "gelu": 0.5}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_its_value_at_zero(name: str) -> None:
    assert float(derivative_at(name, torch.zeros(1, dtype=torch.float64))) == pytest.approx(CORNER[name], rel=1e-15)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_it_multiplies_a_gradient_in_place_and_reads_what_it_says(name: str) -> None:
    """From the ReLU's output where the sign is enough, from nothing at all for the identity."""
    derivative, gradient = DERIVATIVES[name], torch.linspace(-2.0, 3.0, len(GRID), dtype=torch.float64)
    expected = gradient * FORMULAS[name](GRID)
    seen = {"z": GRID.clone(), "sign": GRID.clamp(min=0.0), "nothing": torch.full_like(GRID, torch.nan)}
    derivative.multiply(gradient, seen[derivative.reads])
    torch.testing.assert_close(gradient, expected, rtol=1e-12, atol=1e-15)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`derivative` must be one of .*gelu.*, got 'mish'"):
        derivative_at("mish", GRID)
