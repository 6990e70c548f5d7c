"""Heavy ball against Eq. 4 by hand."""

from __future__ import annotations

import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup


def test_it_is_equation_4() -> None:
    eta, alpha, curvature = 0.0158679247, 0.8740320489, 2.0
    weight, change = 1.5, 0.0
    for _ in range(20):
        change = -eta * curvature * weight + alpha * change
        weight += change
    start = torch.tensor([[1.5]], dtype=torch.float64)
    walker = Walker.start([Lane(eta, alpha, "sse", 0)], Setup(), start, one_matrix(1, 1))
    assert float(walker.walk(lambda w: curvature * w, 20)) == pytest.approx(weight, rel=1e-13)
