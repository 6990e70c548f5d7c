"""Forecasts under the printed table, on hand-made grounds and on real studies."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate_looks
from studies.verdict.decide import decide_sweep
from studies.verdict.forecast import worth_another_look
from studies.verdict.forecast_statements import CURABLE, expected_by_statements, needed_by_statements
from studies.verdict.grounds import Grounds
from studies.verdict.model import Evidence, Interval, Outcome
from studies.verdict.rules import Decision
from tests.studies.verdict.test_statements import alike, arm, hand_made

LEVEL = 0.045


def test_with_the_present_data_the_forecast_is_the_verdict(grounds: Grounds) -> None:
    assert expected_by_statements(grounds, 1.0, LEVEL) is Outcome.SUPPORTED


def _terms(grounds: Grounds, **terms: Any) -> Grounds:
    claim = grounds.findings.evidence.claim.model_copy(update=terms)
    evidence = replace(grounds.findings.evidence, claim=claim)
    return replace(grounds, findings=replace(grounds.findings, evidence=evidence))


def test_what_data_do_not_change_forbids_support(grounds: Grounds) -> None:
    for changed in (
        _terms(grounds, level=0.3),
        replace(grounds, good=Interval(0.5, 0.4, 0.6)),
        replace(grounds, collapse=replace(grounds.collapse, hinders=True)),
        replace(grounds, arms=(*grounds.arms, arm("rival", p_less=0.6))),
    ):
        assert expected_by_statements(changed, 1.0, LEVEL) is Outcome.INCONCLUSIVE


def test_an_arm_that_leads_by_more_than_the_margin_will_refute(grounds: Grounds) -> None:
    draws = grounds.findings.location.argmaxes
    assert draws is not None
    weak = hand_made(grounds, arms=(arm(**alike(p_greater=0.04)),), location={"argmaxes": draws + 2.0})
    assert expected_by_statements(weak, 1.0, LEVEL) is Outcome.INCONCLUSIVE
    assert expected_by_statements(weak, 4.0, LEVEL) is Outcome.REFUTED
    near = hand_made(grounds, arms=(arm(**alike(p_greater=0.04)),))
    assert expected_by_statements(near, 4.0, LEVEL) is Outcome.INCONCLUSIVE, "it would be near, not at"


@pytest.mark.parametrize(
    ("code", "edge_mass", "asked"),
    [*((code, 0.0, True) for code in CURABLE), ("edge", 0.09, True), ("edge", 0.1, False), ("vague", 0.0, False)],
)
def test_only_reasons_that_data_may_remove_ask_for_more(
    grounds: Grounds, code: str, edge_mass: float, asked: bool
) -> None:
    made = hand_made(grounds, location={"edge_mass": edge_mass})
    found = needed_by_statements(made, Decision(Outcome.INCONCLUSIVE, (code,)))
    assert (found is not None) is asked


def test_too_flat_is_forecast_only_where_it_is_shown(grounds: Grounds) -> None:
    decision = Decision(Outcome.INCONCLUSIVE, ("power",))
    for good, said in ((Interval(0.5, 0.4, 0.6), True), (Interval(0.1, 0.05, 0.15), False)):
        found = needed_by_statements(hand_made(grounds, good=good), decision)
        assert found is not None
        assert ("too flat" in found.sentence) is said


def test_a_decided_sweep_needs_nothing(grounds: Grounds) -> None:
    assert needed_by_statements(grounds, Decision(Outcome.SUPPORTED, ("specific",))) is None


@pytest.fixture(scope="module")
def looks() -> tuple[Evidence, Evidence]:
    """Scenario A, drawn so that the first look does not place the optimum: the first two looks."""
    first, second = islice(simulate_looks(SCENARIOS["A"], np.random.default_rng([7, ord("A"), 207]), shipped(4)), 2)
    return replace(first, analysis=5), replace(second, analysis=5)


def test_the_next_look_does_what_the_forecast_says(looks: tuple[Evidence, Evidence]) -> None:
    first, second = (decide_sweep(evidence) for evidence in looks)
    assert (first.outcome, first.reasons[0].code) == (Outcome.INCONCLUSIVE, "as_good")
    assert first.needed is not None
    assert (first.needed.by_extension, first.needed.expected) == (True, Outcome.SUPPORTED)
    assert first.needed.sentence in first.sentence
    assert worth_another_look(first)
    assert (second.outcome, second.needed) == (Outcome.SUPPORTED, None)
