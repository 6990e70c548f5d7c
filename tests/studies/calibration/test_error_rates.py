"""Totals of a calibration: which studies count towards which rate."""

from __future__ import annotations

from typing import Any

from studies.calibration.error_rates import error_rates
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.verdict_rates import Collapses, Row, Said


def row(key: str, **counts: Any) -> Row:
    """A row of ten studies, by default all of them located, covered and undecided."""
    nothing: dict[str, Any] = {"supported": 0, "refuted": 0, "false_supported": 0, "false_refuted": 0}
    located = {"coverage": 1.0, "located": 10, "covered": 10}
    fixed = {"studies": 10, "inconclusive": {}, "false_upper": 0.3, "mean_pi_inside": None}
    return Row(scenario=key, text=SCENARIOS[key].text, **{**nothing, **located, **fixed, **counts})


def test_rates_sum_up_by_where_the_truth_lies() -> None:
    rows = [
        row("A", supported=8, false_refuted=1, irrefutable=10, decidable=10, right=8),
        row("D", refuted=2, covered=9, unsupportable=10, decidable=10, right=2),
        row("E", refuted=10, unsupportable=10, decidable=10, right=10),
        row("J", false_supported=1, located=7, covered=7, unsupportable=10, irrefutable=10),
    ]
    rates = error_rates(rows)
    assert (rates.false_supported.count, rates.false_supported.n) == (1, 30), "D, E and J"
    assert (rates.false_refuted.count, rates.false_refuted.n) == (1, 20), "A and J"
    assert (rates.coverage.count, rates.coverage.n) == (36, 37)
    apart = {key: (each.count, each.n) for key, each in rates.power_by_scenario.items()}
    assert apart == {"A": (8, 10), "D": (2, 10), "E": (10, 10)}
    assert (rates.power.count, rates.power.n) == (18, 20), "A and E"


def test_without_scenarios_of_a_kind_its_rate_is_not_measured() -> None:
    rates = error_rates([row("D", unsupportable=10)])
    assert (rates.power.n, rates.power.estimate, rates.false_refuted.n) == (0, None, 0)
    assert (rates.statements, rates.collapse, rates.power_by_scenario) == ({}, None, {})


def test_statements_count_the_answers_that_could_be_false() -> None:
    said = {"there": Said(yes=1, no=2, undecided=7, false_yes=1, false_no=0, may_not_yes=10, may_not_no=0)}
    test = Collapses(refuted=1, hindered=2, false_refuted=1, alike=10)
    rates = error_rates([row("D", statements=said, collapses=test), row("E", statements=said, collapses=test)])
    assert list(rates.statements) == ["there"]
    there = rates.statements["there"]
    assert (there.false_yes.count, there.false_yes.n, there.false_no.n) == (2, 20, 0)
    assert rates.collapse is not None
    assert (rates.collapse.count, rates.collapse.n) == (2, 20)
