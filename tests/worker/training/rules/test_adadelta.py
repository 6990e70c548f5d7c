"""AdaDelta: its first step, and steps that a factor of the loss leaves alone."""

from __future__ import annotations

import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup


def walker(columns: int) -> Walker:
    start = torch.zeros(1, columns, dtype=torch.float64)
    return Walker.start([Lane(1.0, 0.0, "sse", 0)], Setup(update_rule="adadelta"), start, one_matrix(1, columns))


def draw() -> torch.Tensor:
    noise = torch.randn(12, 30, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    return noise.sign() * (1.0 + noise.abs())


def test_the_first_step_is_a_tenth_of_the_root_of_epsilon_over_the_mean_square() -> None:
    gradient = draw()[:1]
    expected = -gradient * (1e-6 / (0.1 * gradient**2 + 1e-6)) ** 0.5
    torch.testing.assert_close(walker(30).step(gradient), expected, rtol=1e-13, atol=0.0)


def test_steps_do_not_change_when_the_loss_is_scaled() -> None:
    """Where squared gradients are far above epsilon, up to epsilon / g^2."""
    one, many = walker(30), walker(30)
    for gradient in 1e6 * draw():
        torch.testing.assert_close(many.step(1e3 * gradient), one.step(gradient), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("eta", [0.1, 1.0])
def test_eta_multiplies_the_step(eta: float) -> None:
    start = torch.zeros(1, 30, dtype=torch.float64)
    scaled = Walker.start([Lane(eta, 0.0, "sse", 0)], Setup(update_rule="adadelta"), start, one_matrix(1, 30))
    one = walker(30)
    for gradient in draw():
        torch.testing.assert_close(scaled.step(gradient), eta * one.step(gradient), rtol=1e-9, atol=1e-15)
