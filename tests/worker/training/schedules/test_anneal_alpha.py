"""The annealed momentum weight."""

from __future__ import annotations

import numpy as np

from worker.training.rates import Length
from worker.training.schedules import anneal_alpha


def test_alpha_falls_on_a_line_and_eta_stays() -> None:
    rates = anneal_alpha.table(Length(8, 2), 0.3, 0.9, {"end": 0.3, "share": 0.5})
    np.testing.assert_allclose(rates.alpha, [0.9] * 5 + [0.7, 0.5, 0.3], rtol=1e-15)
    assert rates.eta.tolist() == [0.3] * 8


def test_a_lane_below_the_end_keeps_its_alpha() -> None:
    rates = anneal_alpha.table(Length(4, 2), 0.3, 0.1, {"end": 0.3, "share": 1.0})
    assert rates.alpha.tolist() == [0.1] * 4
