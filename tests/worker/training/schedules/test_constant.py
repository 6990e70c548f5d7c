"""Constant rates."""

from __future__ import annotations

from worker.training.rates import Length
from worker.training.schedules import constant


def test_both_rates_stay() -> None:
    rates = constant.table(Length(3, 1), 0.3, 0.9, {})
    assert rates.eta.tolist() == [0.3] * 3
    assert rates.alpha.tolist() == [0.9] * 3
