"""Goals: each is missed where its share passes the limit, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studies.calibration.goals import missed
from studies.calibration.verdict_rates import Collapses, Row, Said

ALIKE = Collapses(refuted=2, hindered=2, false_refuted=2, alike=200)
SAID = {"as_good": Said(yes=150, no=0, undecided=50, false_yes=0, false_no=0, may_not_yes=0, may_not_no=200)}
GOOD = Row(
    "A",
    "golden",
    200,
    180,
    0,
    {"flat": 20},
    0,
    0,
    0.015,
    0.97,
    0.9,
    located=200,
    covered=194,
    median_area=0.02,
    margin=0.1,
    runs=300.0,
    decidable=200,
    right=180,
    irrefutable=200,
    statements=SAID,
    collapses=ALIKE,
)
BASE = {"A": replace(GOOD, runs=410.0, median_area=0.0076)}


def goals(*rows: Row) -> list[str]:
    return [each.goal for each in missed(rows, BASE)]


def test_counts_within_every_limit_miss_nothing() -> None:
    assert goals(GOOD, replace(GOOD, scenario="A-two", twin="A", right=162, margin=0.115)) == []
    assert missed([GOOD]) == []


@pytest.mark.parametrize(
    ("change", "goal"),
    [
        ({"coverage": 0.945}, "covered"),
        ({"tied": 200, "covered_all": 119}, "both tops covered"),
        ({"median_area": 0.0203}, "median area"),
        ({"false_refuted": 3}, "false refuted"),
        ({"unsupportable": 200, "false_supported": 3}, "false supported"),
        ({"right": 169}, "right"),
        ({"collapses": replace(ALIKE, false_refuted=5)}, "refuted by collapse, falsely"),
        ({"runs": 308.0}, "trainings, share of the base line's"),
        ({"statements": {"as_good": replace(SAID["as_good"], false_yes=3, may_not_yes=100)}}, "as good, falsely"),
    ],
)
def test_a_share_beyond_its_limit_is_missed(change: dict[str, object], goal: str) -> None:
    assert goals(replace(GOOD, **change)) == [goal]  # type: ignore[arg-type]


def test_power_and_margin_are_kept_under_collapse() -> None:
    twin = replace(GOOD, scenario="A-two", twin="A")
    assert goals(GOOD, replace(twin, right=161)) == ["right under collapse"]
    assert goals(GOOD, replace(twin, margin=0.116)) == ["margin off by"]
    weak = replace(GOOD, scenario="P", right=100)
    assert missed([weak, replace(weak, scenario="P-two", twin="P", right=70)]) == []


def test_a_tie_may_be_supported_thrice_in_a_hundred_and_a_narrow_top_missed() -> None:
    tie = replace(GOOD, scenario="tie", tied=200, covered_all=130, unsupportable=200, false_supported=6)
    assert missed([tie, replace(GOOD, scenario="spike-0.1", coverage=0.1)]) == []
    lower = replace(GOOD, scenario="lower-in", coverage=0.86)
    assert missed([lower]) == []


def test_a_claim_that_collapses_is_found() -> None:
    row = replace(GOOD, scenario="A-claim25", twin="A", margin=0.5, right=0, decidable=0)
    found = missed([GOOD, replace(row, collapses=Collapses(169, 169, 0, 0))])
    assert [str(each) for each in found] == ["A-claim25: refuted by collapse 0.845, goal 0.85"]
    assert missed([GOOD, replace(row, collapses=Collapses(170, 170, 0, 0))]) == []
