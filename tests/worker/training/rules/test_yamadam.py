"""YamAdam: its first step, the bounds of its beta, and steps that a factor of the loss leaves alone."""

from __future__ import annotations

import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup

EPSILON = 1e-6


def walker(start: torch.Tensor) -> Walker:
    lanes = [Lane(1.0, 0.0, "sse", 0)] * len(start)
    return Walker.start(lanes, Setup(update_rule="yamadam"), start.clone(), one_matrix(1, start.shape[1]))


def draw(rows: int, columns: int) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def test_the_first_step() -> None:
    gradient = draw(3, 40) * 10.0 ** torch.linspace(-6, 2, 40, dtype=torch.float64)
    moved = walker(torch.zeros_like(gradient)).step(gradient)
    torch.testing.assert_close(moved, -((EPSILON / (gradient**2 + EPSILON)) ** 0.5) * gradient, rtol=1e-13, atol=0.0)


def test_beta_starts_at_0_and_then_lies_between_one_half_and_1() -> None:
    """Whatever the gradients: noise, silence after noise, and a burst after silence."""
    walk, noise = walker(draw(4, 30)), draw(60, 30)
    beta = walk.state.scalars["beta"]
    assert not beta.any()
    for number in range(60):
        walk.step(noise[number] * (0.0, 1.0, 1e-9, 1e6)[number // 15])
        assert ((beta >= 0.5 - EPSILON) & (beta <= 1.0 - EPSILON)).all()


def test_steps_do_not_change_when_the_loss_is_scaled() -> None:
    """Where squared gradients are far above epsilon, up to epsilon / g^2."""
    noise = draw(12, 30).sign() * (1.0 + draw(12, 30).abs())
    one, many = walker(torch.zeros(1, 30, dtype=torch.float64)), walker(torch.zeros(1, 30, dtype=torch.float64))
    for gradient in 1e6 * noise:
        torch.testing.assert_close(many.step(1e3 * gradient), one.step(gradient), rtol=1e-9, atol=1e-12)
