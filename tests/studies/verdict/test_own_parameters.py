"""Verdicts on parameters of a study's own: the same numbers by other names, and measures of one's own."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.plain_scenarios import plain_scenarios
from studies.calibration.simulation import shipped, simulate
from studies.language.measure import Measure
from studies.language.parameters import Axes
from studies.language.space import OwnSpace
from studies.records import Cause
from studies.verdict.decide import decide_sweep
from studies.verdict.model import Evidence, Outcome, SweepVerdict
from studies.verdict.outcome_counts import outcome_counts
from studies.verdict.rows import sample_of

SHARE = Measure(name="acc", direction="maximize", kind="share", test_size=10_000_000)
SPEC = shipped(5)


def renamed(evidence: Evidence, first: str, second: str) -> Evidence:
    """The evidence with the same two parameters by other names, their ridge declared."""
    old = evidence.claim.axes
    axes = Axes(
        old.first.model_copy(update={"name": first}), old.second.model_copy(update={"name": second}), ridge=True
    )
    at = axes.named(evidence.claim.first, evidence.claim.second)
    claim = evidence.claim.model_copy(update={"eta": None, "alpha": None, "at": at})
    return replace(evidence, claim=claim.bound(axes, None), space=OwnSpace(over=axes, box=evidence.space.ends))


def measured(evidence: Evidence, measure: Measure, values: np.ndarray, **columns: Any) -> Evidence:
    """The evidence as a trainer of one's own would have reported it."""
    claim = evidence.claim.model_copy(update={"objective": "measure", "margin_floor": 0.0})
    runs = replace(evidence.runs, value=values, **columns)
    return replace(evidence, claim=claim.bound(evidence.claim.axes, measure), runs=runs, objective="measure")


def numbers(verdict: SweepVerdict) -> dict[str, Any]:
    """Everything of a verdict but its words."""
    words = {"sentence", "reasons", "parts", "objective", "needed", "parameters", "measure"}
    found = {f.name: getattr(verdict, f.name) for f in fields(verdict) if f.name not in words}
    answers = asdict(found.pop("answers"))
    answers.pop("terms")
    answers["statements"]["there"].pop("open_sides")
    return {**found, "answers": answers, "codes": [reason.code for reason in verdict.reasons]}


@pytest.fixture(scope="module")
def plain() -> Evidence:
    return simulate(plain_scenarios()["plain-in"], np.random.default_rng(2), SPEC)


@pytest.fixture(scope="module")
def paper_pair() -> Evidence:
    return simulate(SCENARIOS["A"], np.random.default_rng(2), SPEC)


def test_other_names_give_the_same_verdict_but_for_the_names(paper_pair: Evidence) -> None:
    paper, other = decide_sweep(paper_pair), decide_sweep(renamed(paper_pair, "lr", "beta1"))
    assert numbers(paper) == numbers(other)
    assert other.sentence == paper.sentence.replace("η", "lr").replace("α", "beta1")


def test_a_share_of_ones_own_gives_the_verdict_of_the_accuracy(plain: Evidence) -> None:
    floored = replace(plain, claim=plain.claim.model_copy(update={"margin_floor": 0.0}))
    by_share = decide_sweep(measured(plain, SHARE, plain.runs.accuracy))
    assert numbers(by_share) == numbers(decide_sweep(floored))


@pytest.mark.parametrize("kind", ["positive", "real"])
def test_runs_that_broke_are_counted_and_kept_out_of_the_surface(plain: Evidence, kind: str) -> None:
    measure = Measure.model_validate({"name": "loss", "direction": "minimize", "kind": kind})
    broken = np.random.default_rng(4).random(len(plain.runs)) < 0.04
    cause = np.where(broken, Cause.DIVERGED.value, plain.runs.cause)
    values = plain.runs.cross_entropy if kind == "positive" else np.log(plain.runs.cross_entropy)
    evidence = measured(plain, measure, np.where(broken, np.nan, values), diverged=broken, cause=cause)
    sample = sample_of(evidence)
    assert not sample.typical[broken].any() and np.isfinite(sample.y).all()
    assert outcome_counts(sample).diverged == int(broken.sum())
    verdict = decide_sweep(evidence)
    assert verdict.outcome is Outcome.SUPPORTED and verdict.margin_points is None
    assert verdict.answers is not None and verdict.answers.outcomes.diverged == int(broken.sum())
