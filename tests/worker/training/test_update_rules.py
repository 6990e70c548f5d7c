"""The stacked update rules against torch.optim.SGD and against Eq. 4 by hand."""

from __future__ import annotations

import pytest
import torch

from worker.training.lanes import UPDATE_RULES
from worker.training.update_rules import apply_update


@pytest.mark.parametrize("rule", UPDATE_RULES)
@pytest.mark.parametrize("decay", [None, 0.01])
def test_five_steps_equal_torch_sgd(rule: str, decay: float | None) -> None:
    generator = torch.Generator().manual_seed(4)
    start = torch.randn(3, 7, generator=generator, dtype=torch.float64)
    curvature = torch.rand(3, 7, generator=generator, dtype=torch.float64)
    eta = torch.tensor([[0.1], [0.5], [0.01]], dtype=torch.float64)
    alpha = torch.tensor([[0.874], [0.0], [0.99]], dtype=torch.float64)
    weights, velocity = start.clone(), torch.zeros_like(start)
    for _ in range(5):
        row = None if decay is None else torch.full((7,), decay, dtype=torch.float64)
        apply_update(rule, weights, velocity, curvature * weights, eta=eta, alpha=alpha, decay=row)
    for lane in range(3):
        leaf = start[lane].clone().requires_grad_()
        momentum = float(alpha[lane])
        sgd = torch.optim.SGD(
            [leaf],
            lr=float(eta[lane]),
            momentum=momentum,
            weight_decay=decay or 0.0,
            nesterov=rule == "nesterov" and momentum > 0,
        )
        for _ in range(5):
            sgd.zero_grad()
            (0.5 * curvature[lane] * leaf.square()).sum().backward()  # type: ignore[no-untyped-call]
            sgd.step()
        torch.testing.assert_close(weights[lane], leaf.detach(), rtol=1e-13, atol=1e-15)


def test_heavy_ball_is_equation_4() -> None:
    eta, alpha, curvature = 0.0158679247, 0.8740320489, 2.0
    weight, change = 1.5, 0.0
    stacked, velocity = torch.tensor([[weight]], dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    for _ in range(20):
        change = -eta * curvature * weight + alpha * change
        weight += change
        apply_update(
            "heavy_ball",
            stacked,
            velocity,
            curvature * stacked,
            eta=stacked.new_tensor([[eta]]),
            alpha=stacked.new_tensor([[alpha]]),
            decay=None,
        )
    assert float(stacked) == pytest.approx(weight, rel=1e-13)


def test_unknown_rule_is_refused() -> None:
    zeros = torch.zeros(1, 1)
    with pytest.raises(ValueError, match="adam"):
        apply_update("adam", zeros, zeros.clone(), zeros.clone(), eta=zeros, alpha=zeros, decay=None)
