"""SGD is heavy ball without momentum, to the bit."""

from __future__ import annotations

import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup


def test_it_is_heavy_ball_without_momentum() -> None:
    start = torch.randn(2, 30, generator=torch.Generator().manual_seed(9))
    lanes = [Lane(0.1, 0.0, "sse", 0), Lane(0.3, 0.0, "sse", 0)]
    plain, ball = (
        Walker.start(lanes, Setup(update_rule=name), start.clone(), one_matrix(1, 30)) for name in ("sgd", "heavy_ball")
    )
    assert torch.equal(plain.walk(lambda w: 0.3 * w, 20), ball.walk(lambda w: 0.3 * w, 20))
