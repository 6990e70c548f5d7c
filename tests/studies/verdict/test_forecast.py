"""Forecasts under analysis 4: the data that would decide by the plug-in estimate, and rounds that do decide then."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from scipy.stats import t as student

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate, simulate_looks
from studies.language.claim import Claim
from studies.verdict.decide import decide_sweep
from studies.verdict.findings import Findings, gather
from studies.verdict.forecast import expected, needed, scaled_p, worth_another_look
from studies.verdict.model import Evidence, Outcome
from studies.verdict.rules import Decision, decide


@pytest.fixture(scope="module")
def undecided() -> tuple[Evidence, Evidence]:
    """Scenario A, drawn so that the first look finds it too flat: the first two looks."""
    rng = np.random.default_rng([7, ord("A"), 192])
    first, second = islice(simulate_looks(SCENARIOS["A"], rng, shipped(4)), 2)
    return first, second


@pytest.fixture(scope="module")
def findings(undecided: tuple[Evidence, Evidence]) -> Findings:
    return gather(undecided[0])


def _decision(findings: Findings) -> Decision:
    return decide(findings, p_support=findings.support(), p_refute=findings.refute())


def test_scaled_test_is_the_t_test_of_more_pairs_alike() -> None:
    p = float(student.sf(1.5, 29))
    assert scaled_p(p, 30, 1.0) == pytest.approx(p)
    assert scaled_p(p, 30, 4.0) == pytest.approx(float(student.sf(3.0, 119)))
    assert scaled_p(0.5, 30, 4.0) == pytest.approx(0.5)
    assert (scaled_p(None, 30, 2.0), scaled_p(0.01, 1, 2.0)) == (1.0, 1.0)


def test_the_next_look_does_what_the_forecast_says(undecided: tuple[Evidence, Evidence]) -> None:
    first, second = (decide_sweep(evidence) for evidence in undecided)
    assert (first.outcome, first.reasons[0].code, first.looks) == (Outcome.INCONCLUSIVE, "flat", 1)
    found = first.needed
    assert found is not None
    assert (found.factor, found.by_extension, found.expected) == (2.0, True, Outcome.SUPPORTED)
    assert (found.zoom_points, found.blocks, found.runs) == (128, 30, 128 + 30 * 7)
    assert found.sentence in first.sentence
    assert found.sentence in first.reasons[0].text
    assert len(undecided[1].runs) == len(undecided[0].runs) + 338
    assert (second.outcome, second.looks, second.needed) == (Outcome.SUPPORTED, 2, None)
    assert worth_another_look(first)
    assert not worth_another_look(second)


def test_a_later_look_is_held_at_what_is_left_of_the_level(undecided: tuple[Evidence, Evidence]) -> None:
    last = gather(replace(undecided[0], looks=4))
    assert last.level == pytest.approx(0.05 / 80)
    first = gather(undecided[0])
    for found, part in ((first, 0.9), (last, 1 / 80)):
        own = max(found.location.p_in or 0.0, found.regret.equivalent or 0.0)
        assert found.support() == pytest.approx(min(1.0, own / part))


def test_more_data_never_undoes_a_forecast(findings: Findings) -> None:
    answers = [expected(findings, factor, 0.0025) for factor in (1.0, 2.0, 8.0)]
    assert answers == [Outcome.INCONCLUSIVE, Outcome.SUPPORTED, Outcome.SUPPORTED]


def test_without_later_looks_a_new_study_is_named(findings: Findings) -> None:
    alone = replace(findings, evidence=replace(findings.evidence, claim=Claim(first_look=1.0, margin_floor=None)))
    found = needed(alone, _decision(alone))
    assert found is not None
    assert not found.by_extension
    assert found.runs is not None
    assert found.runs > 338
    assert "a new study on other seeds" in found.sentence


def test_a_flat_ridge_is_not_decided_by_more_of_the_same() -> None:
    evidence = simulate(SCENARIOS["B"], np.random.default_rng([7, ord("B"), 0]), shipped(4))
    verdict = decide_sweep(evidence)
    assert verdict.needed is not None
    assert (verdict.needed.factor, verdict.needed.runs) == (None, None)
    assert "would not be expected to decide it" in verdict.sentence
    assert not worth_another_look(verdict)


def test_nothing_is_needed_where_more_data_is_not_what_is_missing(findings: Findings) -> None:
    for code in ("edge", "model", "incomplete", "near_not_at"):
        assert needed(findings, Decision(Outcome.INCONCLUSIVE, (code,))) is None
    assert needed(findings, Decision(Outcome.SUPPORTED, ("specific",))) is None
    assert needed(replace(findings, constant=True), Decision(Outcome.INCONCLUSIVE, ("flat",))) is None
