"""The annealed learning rate: against torch's straight line, and heavy ball's closed form under it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from rule_steps import Walker, one_matrix
from scipy.special import jv, yv

from worker.training.lanes import Lane, Setup
from worker.training.rates import Length
from worker.training.schedules import anneal_eta
from worker.training.timetable import Timetable


@pytest.mark.parametrize("end", [0.0, 0.25])
def test_over_the_whole_training_it_is_linear_lr(end: float) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=end, total_iters=29)
    expected = []
    for _ in range(30):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    rates = anneal_eta.table(Length(30, 10), 0.3, 0.9, {"end": end, "share": 1.0})
    np.testing.assert_allclose(rates.eta, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("alpha", [0.4, 0.81])
def test_heavy_ball_on_a_quadratic_follows_bessel_functions(alpha: float) -> None:
    """On q w^2 / 2 the buffer obeys v[t+2] - (1 + alpha - q eta[t]) v[t+1] + alpha v[t] = 0. Where eta falls by d in
    each step, u[t] = v[t] alpha^(-t/2) obeys the recurrence of the Bessel functions, u[t+2] + u[t] = (2 m / x) u[t+1],
    with argument x = 2 sqrt(alpha) / (q d) and order m = (1 + alpha - q eta[t]) / (q d), which grows by 1 a step."""
    q, start, steps = 2.0, 0.3, 16
    setup = Setup(schedule="anneal_eta", schedule_settings=(("end", 0.0), ("share", 1.0)))
    lane, position = Lane(start, alpha, "sse", 0), torch.zeros(1, dtype=torch.int64)
    walker = Walker.start([lane], setup, torch.ones(1, 1, dtype=torch.float64), one_matrix(1, 1))
    rates = Timetable([lane], setup, Length(steps, steps), position, walker.state.weights)
    buffers = []
    for _ in range(steps):
        rates.put(walker.facts.eta, walker.facts.alpha)
        walker.step(q * walker.state.weights)
        position.add_(1)
        buffers.append(float(walker.state.buffers["velocity"]))
    fall = start / (steps - 1)
    x = 2 * math.sqrt(alpha) / (q * fall)
    orders = (1 + alpha - q * start) / (q * fall) - 1 + np.arange(steps + 1)  # of u[0], u[1], ...
    scale = alpha ** (np.arange(steps + 1) / 2)
    basis = np.stack([jv(orders, x) * scale, yv(orders, x) * scale], axis=1)
    mixed = np.linalg.solve(basis[:2], [0.0, q])  # v[0] = 0, and v[1] is the first gradient
    np.testing.assert_allclose(buffers, basis[1:] @ mixed, rtol=1e-9, atol=1e-12)
