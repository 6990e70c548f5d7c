"""LARS: the step of a matrix, of vectors, where a norm is 0, and steps that a factor of the loss leaves alone."""

from __future__ import annotations

import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup
from worker.training.rules import Layout, Part

SETUP = Setup(update_rule="lars")


def draw(rows: int, columns: int = 12) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def walker(start: torch.Tensor, *, alpha: float = 0.0, decay: float | None = None) -> Walker:
    lanes = [Lane(2.0, alpha, "sse", 0)] * len(start)
    row = None if decay is None else torch.full((start.shape[1],), decay, dtype=torch.float64)
    return Walker.start(lanes, SETUP, start.clone(), one_matrix(3, 4), row)


def test_a_matrix_moves_by_its_own_size() -> None:
    """Without decay the first step is eta trust ||w|| long, whatever the gradient."""
    weights, gradient = draw(2), draw(4)[2:]
    moved = walker(weights).step(gradient)
    torch.testing.assert_close(moved.norm(dim=1), 2.0 * 1e-3 * weights.norm(dim=1), rtol=1e-12, atol=0.0)
    torch.testing.assert_close(moved / moved.norm(dim=1, keepdim=True), -gradient / gradient.norm(dim=1, keepdim=True))


def test_the_decay_stands_in_the_step_and_below_the_rate() -> None:
    weights, gradient, beta = draw(2), draw(4)[2:], 0.03
    size, slope = weights.norm(dim=1, keepdim=True), gradient.norm(dim=1, keepdim=True)
    expected = -2.0 * 1e-3 * size / (slope + beta * size) * (gradient + beta * weights)
    torch.testing.assert_close(walker(weights, decay=beta).step(gradient), expected, rtol=1e-12, atol=0.0)


def test_steps_do_not_change_when_the_loss_is_scaled() -> None:
    one, many = walker(draw(1), alpha=0.9), walker(draw(1), alpha=0.9)
    for gradient in draw(12):
        torch.testing.assert_close(many.step(1e3 * gradient), one.step(gradient), rtol=1e-11, atol=1e-15)


def test_the_rate_is_1_where_a_norm_is_0() -> None:
    gradient = draw(1)
    torch.testing.assert_close(walker(torch.zeros(1, 12, dtype=torch.float64)).step(gradient), -2.0 * gradient)
    decayed = walker(draw(1), decay=0.03).step(torch.zeros_like(gradient))
    torch.testing.assert_close(decayed, -2.0 * 0.03 * draw(1), rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("kind", ["bias", "norm"])
def test_vectors_take_plain_steps_without_decay(kind: str) -> None:
    part = Part("a.vector", kind, 0, 12, (12,), outs=(1,), ins=())  # type: ignore[arg-type]
    row = torch.full((12,), 0.5, dtype=torch.float64)
    vector = Walker.start([Lane(2.0, 0.9, "sse", 0)], SETUP, draw(1), Layout((part,)), row)
    torch.testing.assert_close(vector.step(draw(2)[1:]), -2.0 * draw(2)[1:], rtol=1e-12, atol=1e-12)
