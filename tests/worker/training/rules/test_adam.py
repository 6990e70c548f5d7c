"""Adam: its first step, and corrections that keep their digits in float32."""

from __future__ import annotations

import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup


def walker(dtype: torch.dtype, own: tuple[tuple[str, float], ...] = ()) -> Walker:
    start = torch.zeros(1, 30, dtype=dtype)
    return Walker.start([Lane(0.01, 0.0, "sse", 0, own)], Setup(update_rule="adam"), start, one_matrix(1, 30))


def draw(rows: int) -> torch.Tensor:
    return torch.randn(rows, 30, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def test_the_first_step_is_eta_in_the_direction_of_the_sign() -> None:
    gradient = draw(1)
    expected = -0.01 * gradient / (gradient.abs() + 1e-8)
    torch.testing.assert_close(walker(torch.float64).step(gradient), expected, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("beta2", [0.999, 0.999999])
def test_float32_steps_are_as_good_as_their_rounding(beta2: float) -> None:
    """1 - beta2^t in float32 would lose five of its seven digits at the first steps."""
    rough, exact = (walker(dtype, (("beta2", beta2),)) for dtype in (torch.float32, torch.float64))
    for gradient in draw(5):
        torch.testing.assert_close(rough.step(gradient.float()).double(), exact.step(gradient), rtol=5e-6, atol=5e-9)


def test_a_factor_of_the_loss_leaves_the_steps_alone() -> None:
    one, many = walker(torch.float64), walker(torch.float64)
    for gradient in 1e6 * draw(12):
        torch.testing.assert_close(many.step(1e3 * gradient), one.step(gradient), rtol=1e-9, atol=1e-13)
