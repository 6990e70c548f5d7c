from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.verdict.findings import Findings
from studies.verdict.grounds import Grounds, _good, gathered
from studies.verdict.levels import ARM, COLLAPSE, PLACE, SURFACE
from studies.verdict.model import UNKNOWN
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


def test_the_planted_share_lies_in_the_interval(findings5: Findings) -> None:
    """Scenario A at a margin of 0.5: the part of the box where the planted surface is less than 0.5 below its top."""
    v, u = np.meshgrid(np.linspace(np.log(10**-3.5), 0.0, 400), np.linspace(0.0, -np.log(0.01), 300))
    dv, du = v - np.log(findings5.evidence.claim.eta), u + np.log1p(-findings5.evidence.claim.alpha)
    x = dv + du
    height = -0.35 / 0.64 * (np.exp(0.8 * x) - 0.8 * x - 1.0) - 0.1 * du**2
    share, alpha = _good(replace(findings5, margin=0.5))
    assert share.low is not None
    assert share.high is not None
    assert share.low <= float(np.mean(height > -0.5)) <= share.high
    assert alpha is not None
    assert 0.0 <= alpha[0] < findings5.evidence.claim.alpha < alpha[1] < 1.0


def test_nothing_is_said_without_a_margin(findings5: Findings) -> None:
    assert _good(replace(findings5, margin=None)) == (UNKNOWN, None)
