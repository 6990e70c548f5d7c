from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verdict.grounds import Grounds, gathered
from studies.verdict.levels import ARM, COLLAPSE, PLACE, SURFACE
from tests.studies.verdict.test_statements import alike, arm, hand_made

SHARE = 0.9  # of the level, that the first look may spend


def test_support_is_the_largest_of_its_parts_divided_by_the_looks_share(grounds: Grounds) -> None:
    made = hand_made(grounds, arms=(arm(p_less=0.01), arm("rival", p_less=0.02)), location={"p_in": 0.03})
    assert made.equivalent() == pytest.approx(0.02 / SHARE)
    assert made.support() == pytest.approx(0.03 / SHARE)
    later = replace(made.findings, evidence=replace(made.findings.evidence, looks=2))
    assert replace(made, findings=later).equivalent() == pytest.approx(0.02 / 0.05)


def test_each_way_to_refute_is_divided_by_its_share(grounds: Grounds) -> None:
    made = hand_made(
        grounds,
        arms=(arm(weight=0.5, p_greater=0.002), arm("rival", weight=0.5, p_greater=0.001)),
        location={"p_out": 0.003},
        p_surface_regret=0.004,
        regret=alike(better=0.001, crossed=0.001),
        collapse={"p_more": 0.02},
    )
    assert dict(made.routes()) == {
        "collapse": pytest.approx(0.02 / COLLAPSE / SHARE),
        "regret": pytest.approx(0.001 / 0.5 / ARM / SHARE),
        "surface": pytest.approx(0.004 / SURFACE / SHARE),
        "location": pytest.approx(0.003 / PLACE / SHARE),
    }
    assert made.refute() == pytest.approx(0.001 / 0.5 / ARM / SHARE)


def test_where_no_location_test_holds_fresh_pairs_and_collapse_alone_remain(grounds: Grounds) -> None:
    given = {"p_surface_regret": 0.001, "regret": alike(better=0.001, crossed=0.001), "location": {"p_out": 0.001}}
    for void in ({"findings": {"model_fails": True}}, {"evidence": {"fixed_design": False}}):
        made = hand_made(grounds, **given, **void)
        assert {code for code, _ in made.routes()} == {"collapse", "regret"}
        assert (made.places, made.placed()) == (False, None)


def test_grounds_are_deterministic_and_leave_findings_as_they_are(grounds: Grounds) -> None:
    again = gathered(grounds.findings)
    assert (again.arms, again.place, again.good) == (grounds.arms, grounds.place, grounds.good)
    assert again.findings is grounds.findings
