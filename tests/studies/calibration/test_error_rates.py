"""Totals of a calibration: which studies count towards which rate."""

from __future__ import annotations

from typing import Any

import pytest

from studies.calibration.error_rates import error_rates
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.verdict_rates import Row


def row(key: str, **counts: Any) -> Row:
    """A row of ten studies, by default all of them located, covered and undecided."""
    nothing: dict[str, Any] = {"supported": 0, "refuted": 0, "false_supported": 0, "false_refuted": 0}
    located = {"coverage": 1.0, "located": 10, "covered": 10}
    fixed = {"studies": 10, "inconclusive": {}, "false_upper": 0.3, "mean_pi_inside": None}
    return Row(scenario=key, text=SCENARIOS[key].text, **{**nothing, **located, **fixed, **counts})


def test_rates_sum_up_by_where_the_truth_lies() -> None:
    rows = [
        row("A", supported=8, false_refuted=1),
        row("D", refuted=2, covered=9),
        row("E", refuted=10),
        row("H"),
        row("J", false_supported=1, located=7, covered=7),
    ]
    rates = error_rates(rows)
    assert (rates.false_supported.count, rates.false_supported.n) == (1, 30), "D, E and J"
    assert (rates.false_refuted.count, rates.false_refuted.n) == (1, 30), "A, H and J"
    assert (rates.coverage.count, rates.coverage.n) == (46, 47)
    apart = {key: (each.count, each.n) for key, each in rates.power_by_scenario.items()}
    assert apart == {"A": (8, 10), "E": (10, 10)}
    assert (rates.power.count, rates.power.n) == (18, 20)


def test_without_scenarios_of_a_kind_its_rate_is_not_measured() -> None:
    rates = error_rates([row("D")])
    assert (rates.power.n, rates.power.estimate, rates.false_refuted.n) == (0, None, 0)
    with pytest.raises(KeyError):
        error_rates([row("A")], {})
