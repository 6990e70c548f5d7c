"""RMSprop: its first step has epsilon outside the root."""

from __future__ import annotations

import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup


def test_the_first_step() -> None:
    gradient = 1e-7 * torch.randn(1, 30, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    start = torch.zeros_like(gradient)
    walker = Walker.start([Lane(0.01, 0.0, "sse", 0)], Setup(update_rule="rmsprop"), start, one_matrix(1, 30))
    expected = -0.01 * gradient / ((0.01 * gradient**2).sqrt() + 1e-8)
    torch.testing.assert_close(walker.step(gradient), expected, rtol=1e-12, atol=0.0)
