"""Rows of filled tables against the plan: what counts, what is named, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from own_plans import own_study

from studies.errors import Problem, SpecError
from studies.external.filled import FilledRow, matched
from studies.external.measured import runs_of
from studies.external.outcome import BROKE, RunEnd
from studies.external.wanted import wanted

SPEC = own_study()
PLANS = wanted(SPEC, runs_of(SPEC, (), {})).plans
POINT = next(n for n, plan in enumerate(PLANS) if plan.arm == "point")


def row(number: int = POINT, value: float | None = 0.5, **changes: Any) -> FilledRow:
    plan = PLANS[number]
    assert plan.eta is not None and plan.alpha is not None
    end = None if value is None else RunEnd(value)
    return replace(FilledRow(f"line {number + 2}", number, 0, (plan.eta, plan.alpha), end=end), **changes)


def reason(found: FilledRow) -> str:
    match = matched(SPEC, PLANS, [found])
    assert match.results == {}
    return match.strays[0].text if match.strays else ""


def test_rows_of_the_plan_are_results_and_open_ones_are_none() -> None:
    match = matched(SPEC, PLANS, [row(1), row(2, None), row(3, end=BROKE), row(4, 0.7)])
    assert sorted(match.results) == [(1, 0), (3, 0), (4, 0)]
    assert match.results[3, 0].diverged and match.results[4, 0].value == 0.7
    assert (match.strays, match.copies) == ((), 0)


def test_all_that_a_row_may_state_is_held_against_the_plan() -> None:
    seeds = PLANS[POINT].replicates[0]
    stated = {"phase": "map", "arm": "point", "block": 0, "order_seed": seeds.order_seed, "split": seeds.split}
    assert matched(SPEC, PLANS, [row(stated=stated)]).results


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"trial": None}, "has no number of a trial"),
        ({"trial": 48}, "planned no trial 48"),
        ({"trial": -1}, "planned no trial -1"),
        ({"trial": 2**62}, "planned no trial"),
        ({"run": 1}, "planned with 1 runs"),
        ({"run": -1}, "planned with 1 runs"),
        ({"point": (0.02, 0.9)}, "was planned at"),
        ({"point": (math.nan, 0.9)}, "was planned at"),
        ({"point": (-1.0, 2.0)}, "was planned at"),
        ({"stated": {"phase": "zoom"}}, "planned as phase map, not zoom"),
        ({"stated": {"arm": "best"}}, "planned as arm point, not best"),
        ({"stated": {"block": 7}}, "with block 0, not 7"),
        ({"stated": {"init_seed": 12}}, "with init_seed"),
        ({"stated": {"order_seed": "1.25532E+15"}}, "not 1.25532E+15"),
    ],
)
def test_rows_that_are_no_trial_of_the_plan_say_why(changes: dict[str, Any], text: str) -> None:
    assert text in reason(row(**changes))


def test_digits_that_a_spreadsheet_dropped_do_not_matter() -> None:
    plan = PLANS[POINT]
    assert plan.eta is not None and plan.alpha is not None
    near = float(f"{plan.eta:.9g}"), float(f"{plan.alpha:.9g}")
    assert matched(SPEC, PLANS, [row(point=near)]).results


def test_a_copy_counts_once_and_another_result_is_refused() -> None:
    assert matched(SPEC, PLANS, [row(1), row(1), row(1, None)]).copies == 1
    with pytest.raises(SpecError) as refused:
        matched(SPEC, PLANS, [row(1, 0.4), row(1, 0.6, place="line 90")])
    (problem,) = refused.value.problems
    assert problem.field == "line 90" and "another result than on line 3" in problem.text


def test_a_faulty_result_is_refused_where_the_row_counts_and_only_there() -> None:
    fault = Problem("line 3, column val_acc", "'x' is no number")
    assert matched(SPEC, PLANS, [row(end=None, fault=fault, trial=None)]).strays
    with pytest.raises(SpecError, match="line 3, column val_acc"):
        matched(SPEC, PLANS, [row(end=None, fault=fault)])


def test_a_trial_is_given_up_after_so_many_failures_and_no_result() -> None:
    failed = row(1, end=RunEnd(failed="is marked as failed"))
    match = matched(SPEC, PLANS, [failed, failed, failed, row(2, end=failed.end), failed])
    assert (match.given_up(3), match.given_up(5)) == ({1}, frozenset())
    assert matched(SPEC, PLANS, [failed, failed, failed, row(1)]).given_up(3) == frozenset()
