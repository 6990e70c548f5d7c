"""DLR: its limits, and rates that no weight exceeds."""

from __future__ import annotations

import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup

OUTS, INS = 5, 3


def draw(rows: int = 1, *, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(rows, OUTS * INS, generator=torch.Generator().manual_seed(8), dtype=torch.float64)


def walker(
    weights: torch.Tensor,
    *,
    a: float = 0.4,
    alpha: float = 0.0,
    shape: tuple[int, int] = (OUTS, INS),
    **choices: object,
) -> Walker:
    settings = (("a", a), *choices.items())
    lanes = [Lane(0.2, alpha, "sse", 0)] * len(weights)
    return Walker.start(lanes, Setup(update_rule="dlr", rule_settings=settings), weights.clone(), one_matrix(*shape))  # type: ignore[arg-type]


@pytest.mark.parametrize("alpha", [0.0, 0.8])
@pytest.mark.parametrize("side", ["pre", "post"])
def test_a_large_a_makes_it_heavy_ball(side: str, alpha: float) -> None:
    slow = walker(draw(), a=1e13, alpha=alpha, side=side, warm_start=False)
    ball = Walker.start([Lane(0.2, alpha, "sse", 0)], Setup(), draw(), one_matrix(OUTS, INS))
    found, expected = (each.walk(lambda w: 0.3 * w + 0.1, 20) for each in (slow, ball))
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("side", "shape"), [("pre", (1, 15)), ("post", (15, 1))])
def test_a_lone_weight_has_the_whole_rate(side: str, shape: tuple[int, int]) -> None:
    moved = walker(draw(), side=side, shape=shape, warm_start=False).step(torch.ones(1, 15, dtype=torch.float64))
    torch.testing.assert_close(moved, torch.full_like(moved, -0.2), rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("a", [1e-6, 0.4, 10.0])
@pytest.mark.parametrize("side", ["pre", "post"])
def test_no_rate_exceeds_eta_and_each_is_that_of_the_paper(side: str, a: float, scale: float) -> None:
    weights = draw(scale=scale)
    moved = walker(weights, a=a, side=side, warm_start=False).step(torch.ones_like(weights))
    matrix = weights.view(OUTS, INS)
    rates = torch.empty_like(matrix)
    for i in range(OUTS):
        for j in range(INS):
            others = matrix[:, j] if side == "pre" else matrix[i, :]
            rates[i, j] = 0.2 * (matrix[i, j].abs() + a) / (others.square().sum().sqrt() + a)
    assert (rates <= 0.2 * (1 + 1e-12)).all()
    torch.testing.assert_close(-moved.view(OUTS, INS), rates, rtol=1e-6, atol=1e-7 * scale)


def test_the_first_step_takes_eta_everywhere_unless_that_is_switched_off() -> None:
    ones = torch.ones(1, OUTS * INS, dtype=torch.float64)
    warm, cold = walker(draw()), walker(draw(), warm_start=False)
    first = warm.step(ones)
    torch.testing.assert_close(first, -0.2 * ones, rtol=1e-12, atol=0.0)
    assert (cold.step(ones) > -0.2 + 1e-3).any()
    assert (warm.step(ones) > -0.2 + 1e-3).any(), "from the second step on weights have rates of their own"
