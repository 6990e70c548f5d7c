"""Heavy ball against Eq. 4 by hand, and against what is known of it on quadratics."""

from __future__ import annotations

import math

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


POINTS = [(0.3, 0.0), (0.1, 0.874), (0.05, 0.95), (1.2, 0.3)]


@pytest.mark.parametrize("curvature", [0.5, 1.0])
def test_its_stationary_variance_on_a_noisy_quadratic(curvature: float) -> None:
    """eta (1 + alpha) s^2 / (lambda (1 - alpha) (2 (1 + alpha) - eta lambda)), all points at once, 40,000 walks each.

    The variance of 40,000 independent walks has a relative standard deviation of 0.7 %; the bound is four of them.
    """
    spread, walks = 0.7, 40_000
    generator = torch.Generator().manual_seed(6)
    lanes = [Lane(eta, alpha, "sse", 0) for eta, alpha in POINTS]
    start = torch.zeros(len(lanes), walks, dtype=torch.float64)
    walker = Walker.start(lanes, Setup(), start, one_matrix(1, walks))

    def noisy(weights: torch.Tensor) -> torch.Tensor:
        return curvature * weights + spread * torch.randn(walks, generator=generator, dtype=torch.float64)

    found = walker.walk(noisy, 400).square().mean(dim=1)
    for value, (eta, alpha) in zip(found.tolist(), POINTS, strict=True):
        below = curvature * (1 - alpha) * (2 * (1 + alpha) - eta * curvature)
        assert value == pytest.approx(eta * (1 + alpha) * spread**2 / below, rel=4 * math.sqrt(2 / walks))


def test_it_leaves_a_saddle_at_the_growth_root() -> None:
    """r^2 - (1 + alpha + eta mu) r + alpha = 0 where the curvature is -mu: the larger root is the growth in a step."""
    mu = 0.4
    lanes = [Lane(eta, alpha, "sse", 0) for eta, alpha in POINTS]
    start = torch.full((len(lanes), 1), 1e-6, dtype=torch.float64)
    walker = Walker.start(lanes, Setup(), start, one_matrix(1, 1))
    before = walker.walk(lambda w: -mu * w, 300).clone()
    growth = walker.walk(lambda w: -mu * w, 1) / before
    for value, (eta, alpha) in zip(growth.flatten().tolist(), POINTS, strict=True):
        middle = 1 + alpha + eta * mu
        assert value == pytest.approx((middle + math.sqrt(middle**2 - 4 * alpha)) / 2, rel=1e-9)
