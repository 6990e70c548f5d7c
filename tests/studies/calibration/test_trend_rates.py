"""Planted powers of an axis: their intervals hold them, at the level of estimates and in a whole study."""

from __future__ import annotations

import pytest

from studies.calibration.trend_rates import Powers, TrendRow, estimates, trend_rates, whole_rates
from studies.verdict.drift import Optimum


@pytest.fixture(scope="module")
def errors() -> list[Optimum]:
    return estimates(8, seed=5)


def by_name(rows: tuple[TrendRow, ...]) -> dict[str, TrendRow]:
    return {row.quantity: row for row in rows}


def test_intervals_hold_planted_powers_in_many_studies(errors: list[Optimum]) -> None:
    rows = by_name(trend_rates(Powers(1.0, 0.25), 500, seed=1, errors=errors))
    assert [rows[name].power for name in ("eta", "alpha", "effective_rate")] == [0.75, 0.25, 1.0]
    for row in rows.values():
        assert row.studies == 500
        assert row.held >= 0.93 * 500
        assert row.bent <= 0.07 * 500
        assert row.mean == pytest.approx(row.power, abs=0.1)
    assert rows["effective_rate"].constant == 500
    assert tuple(rows.values()) == trend_rates(Powers(1.0, 0.25), 500, seed=1, errors=errors)


def test_an_optimum_that_stays_is_rarely_called_moving(errors: list[Optimum]) -> None:
    for row in trend_rates(Powers(0.0, 0.0), 500, seed=2, errors=errors):
        assert row.constant <= 0.07 * 500


def test_a_whole_study_finds_a_planted_power() -> None:
    rows = by_name(whole_rates(Powers(1.0, 0.0), 1, seed=5))
    assert all((row.studies, row.held) == (1, 1) for row in rows.values())
    assert rows["effective_rate"].constant == 1
