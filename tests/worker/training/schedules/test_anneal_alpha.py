"""The annealed momentum weight."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rule_steps import Walker, one_matrix

from worker.training.lanes import Lane, Setup
from worker.training.rates import Length
from worker.training.schedules import anneal_alpha
from worker.training.timetable import Timetable


def test_alpha_falls_on_a_line_and_eta_stays() -> None:
    rates = anneal_alpha.table(Length(8, 2), 0.3, 0.9, {"end": 0.3, "share": 0.5})
    np.testing.assert_allclose(rates.alpha, [0.9] * 5 + [0.7, 0.5, 0.3], rtol=1e-15)
    assert rates.eta.tolist() == [0.3] * 8


def test_a_lane_below_the_end_keeps_its_alpha() -> None:
    rates = anneal_alpha.table(Length(4, 2), 0.3, 0.1, {"end": 0.3, "share": 1.0})
    assert rates.alpha.tolist() == [0.1] * 4


@pytest.mark.parametrize("rule", ["heavy_ball", "nesterov"])
def test_the_buffer_is_not_rescaled_and_the_last_step_is_plain_descent(rule: str) -> None:
    """On a slope of 1: the buffer after step t is the sum of the products of alpha since each gradient."""
    steps = 6
    setup = Setup(update_rule=rule, schedule="anneal_alpha", schedule_settings=(("end", 0.0), ("share", 1.0)))
    lane, position = Lane(0.1, 0.8, "sse", 0), torch.zeros(1, dtype=torch.int64)
    walker = Walker.start([lane], setup, torch.ones(1, 1, dtype=torch.float64), one_matrix(1, 1))
    rates = Timetable([lane], setup, Length(steps, steps), position, walker.state.weights)
    alphas = [0.8 * (1 - step / (steps - 1)) for step in range(steps)]
    for step in range(steps):
        rates.put(walker.facts.eta, walker.facts.alpha)
        change = walker.step(torch.ones(1, 1, dtype=torch.float64))
        position.add_(1)
        expected = sum(np.prod(alphas[since + 1 : step + 1]) for since in range(step + 1))
        assert float(walker.state.buffers["velocity"]) == pytest.approx(expected, rel=1e-13)
    assert float(change) == pytest.approx(-0.1, rel=1e-13)
