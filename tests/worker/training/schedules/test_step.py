"""Step decay against torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worker.training.rates import Length
from worker.training.schedules import step


@pytest.mark.parametrize(("steps", "every"), [(40, 0.25), (30, 0.1), (10, 0.5), (7, 1.0), (3000, 0.3)])
def test_whole_distances_are_those_of_step_lr(steps: int, every: float) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=round(every * steps), gamma=0.2)
    expected = []
    for _ in range(steps):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    rates = step.table(Length(steps, 1), 0.3, 0.9, {"factor": 0.2, "every": every})
    np.testing.assert_allclose(rates.eta, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize(("factor", "last"), [(0.5, 0.0), (1.0, 0.3)])
def test_a_distance_below_any_step_takes_neither_memory_nor_warnings(factor: float, last: float) -> None:
    for every in (1e-12, 5e-324):
        rates = step.table(Length(4, 2), 0.3, 0.9, {"factor": factor, "every": every})
        assert rates.eta.tolist() == [last] * 4


def test_a_fall_holds_from_the_step_on_in_which_its_moment_lies() -> None:
    rates = step.table(Length(5, 5), 1.0, 0.0, {"factor": 0.5, "every": 0.3})  # moments 1.5, 3 and 4.5
    assert rates.eta.tolist() == [1.0, 0.5, 0.5, 0.25, 0.125]
