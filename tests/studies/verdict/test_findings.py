"""Findings: what is gathered, and how single p-values become those of support and refutation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studies.verdict.findings import PLACE_FACTOR, REGRET_FACTOR, Findings, _misfits, gather
from studies.verdict.location import NOWHERE
from studies.verdict.model import Evidence

Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


@pytest.fixture(scope="module")
def findings(supported: Evidence) -> Findings:
    return gather(supported)


def test_the_margin_is_the_claims_multiple_of_the_measured_noise(findings: Findings) -> None:
    claim = findings.evidence.claim
    assert findings.sigma is not None and findings.margin is not None and findings.margin_points is not None
    assert findings.margin == pytest.approx(claim.margin_sigmas * findings.sigma)
    p = findings.evidence.runs.accuracy[findings.evidence.runs.arm == "claim"].mean()
    assert findings.margin_points == pytest.approx(100 * p * (1 - p) * findings.margin, rel=0.1), "to first order"


def test_margins_in_percentage_points_belong_to_accuracy_alone(supported: Evidence) -> None:
    found = gather(replace(supported, objective="loss_area"))
    assert found.margin is not None
    assert found.margin_points is None
    assert all(comparison.difference_points.estimate is None for comparison in found.comparisons)


def test_support_needs_place_and_pairs_and_is_divided_by_the_looks_share(findings: Findings) -> None:
    found = replace(findings, location=replace(findings.location, p_in=0.009))
    weak = replace(found, regret=replace(found.regret, equivalent=0.018, equivalent_flip=0.027))
    assert weak.support() == pytest.approx(0.02)
    assert weak.support(flips=True) == pytest.approx(0.03)
    assert replace(weak, regret=replace(weak.regret, equivalent=0.001)).support() == pytest.approx(0.01)
    assert replace(weak, regret=replace(weak.regret, equivalent=None)).support() is None
    assert replace(weak, model_fails=True).support() is None


def test_routes_to_refutation_share_the_level_two_to_two_to_one(findings: Findings) -> None:
    assert pytest.approx(1.0) == 2 / REGRET_FACTOR + 1 / PLACE_FACTOR
    regret = replace(findings.regret, equivalent=0.9, worse=0.09, better=0.0, crossed=0.0)
    found = replace(findings, regret=regret, p_surface_regret=0.18, location=replace(findings.location, p_out=0.0009))
    assert found.routes() == (
        ("regret", pytest.approx(0.09 * REGRET_FACTOR / 0.9)),
        ("regret", pytest.approx(0.18 * REGRET_FACTOR / 0.9)),
        ("location", pytest.approx(0.0009 * PLACE_FACTOR / 0.9)),
    )
    assert found.refute() == pytest.approx(0.005)
    assert [code for code, _ in replace(found, model_fails=True).routes()] == ["regret"], "fresh pairs alone"
    closed = replace(found, regret=replace(regret, equivalent=0.001))
    assert [code for code, _ in closed.routes()] == ["regret", "location"], "pairs that contradict the surface"


def test_shares_of_diverged_runs_are_those_of_all_and_of_the_claims(supported: Evidence) -> None:
    runs = supported.runs
    found = gather(replace(supported, runs=replace(runs, diverged=runs.arm == "claim")))
    assert found.claim_diverged_share == 1.0
    assert found.diverged_share == pytest.approx(np.mean(runs.arm == "claim"))


def test_one_value_for_all_is_constant_and_one_run_is_not(supported: Evidence, select: Select) -> None:
    runs = supported.runs
    assert gather(replace(supported, runs=replace(runs, correct=np.full(len(runs), 7)))).constant
    assert not gather(select(supported, np.arange(len(runs)) < 1)).constant


def test_an_unknown_objective_is_refused(supported: Evidence) -> None:
    with pytest.raises(ValueError, match="objective"):
        gather(replace(supported, objective="speed"))


def test_methods_that_contradict_each_other_are_no_model(supported: Evidence) -> None:
    found = gather(replace(supported, analysis=5))
    assert not found.location.contradicts and not found.model_fails
    assert replace(found.location, agreement=0.0).contradicts
    assert not _misfits(NOWHERE) and not NOWHERE.contradicts
