"""Both rules of momentum, of which Nesterov's is one, against torch.optim.SGD on quadratics."""

from __future__ import annotations

import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup


@pytest.mark.parametrize("rule", ["heavy_ball", "nesterov"])
@pytest.mark.parametrize("decay", [None, 0.01])
def test_five_steps_equal_torch_sgd(rule: str, decay: float | None) -> None:
    generator = torch.Generator().manual_seed(4)
    start = torch.randn(3, 7, generator=generator, dtype=torch.float64)
    curvature = torch.rand(3, 7, generator=generator, dtype=torch.float64)
    lanes = [Lane(eta, alpha, "sse", 0) for eta, alpha in ((0.1, 0.874), (0.5, 0.0), (0.01, 0.99))]
    row = None if decay is None else torch.full((7,), decay, dtype=torch.float64)
    walker = Walker.start(lanes, Setup(update_rule=rule), start.clone(), one_matrix(1, 7), row)
    weights = walker.walk(lambda w: curvature * w, 5)
    for number, lane in enumerate(lanes):
        leaf = start[number].clone().requires_grad_()
        sgd = torch.optim.SGD(
            [leaf],
            lr=lane.eta,
            momentum=lane.alpha,
            weight_decay=decay or 0.0,
            nesterov=rule == "nesterov" and lane.alpha > 0,
        )
        for _ in range(5):
            sgd.zero_grad()
            (0.5 * curvature[number] * leaf.square()).sum().backward()  # type: ignore[no-untyped-call]
            sgd.step()
        torch.testing.assert_close(weights[number], leaf.detach(), rtol=1e-13, atol=1e-15)
