"""Half a cosine against torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worker.training.rates import Length
from worker.training.schedules import cosine


@pytest.mark.parametrize("end", [0.0, 0.2])
@pytest.mark.parametrize("steps", [2, 3, 50])
def test_the_rates_are_those_of_cosine_annealing_lr(steps: int, end: float) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - 1, eta_min=end * 0.3)
    expected = []
    for _ in range(steps):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    rates = cosine.table(Length(steps, 1), 0.3, 0.9, {"end": end})
    np.testing.assert_allclose(rates.eta, expected, rtol=1e-12, atol=1e-15)
