"""Typical runs under analysis 5: what estimates read, and that thin, broken and hostile data raise nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies import golden
from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.language.claim import OBJECTIVES
from studies.verdict.candidates import find_candidates
from studies.verdict.decide import decide_sweep
from studies.verdict.findings import gather
from studies.verdict.grounds import gathered
from studies.verdict.model import Evidence
from studies.verdict.outcome_counts import outcome_counts
from studies.verdict.rows import at_claim, located_rows, map_rows, paired_arms, paired_rows, sample_of
from studies.verdict.zone import find_zone

ByHand = Callable[[list[Any]], Evidence]
Select = Callable[[Evidence, Any], Evidence]
CLAIM = (golden.ETA, golden.ALPHA)


@pytest.fixture(scope="module")
def study() -> Evidence:
    """A study of scenario A, planned for analysis 4, to be judged by analysis 5."""
    return replace(simulate(SCENARIOS["A"], np.random.default_rng(5), shipped(4)), analysis=5)


def _lowered(evidence: Evidence, mask: Any, accuracy: float) -> Evidence:
    """The evidence with the accuracy of some runs replaced."""
    runs = evidence.runs
    correct = np.where(mask, np.rint(accuracy * runs.n_test), runs.correct).astype(np.int64)
    share = correct / runs.n_test
    return replace(evidence, runs=replace(runs, correct=correct, accuracy=share, error=1.0 - share))


def test_without_collapses_every_run_is_typical(study: Evidence) -> None:
    sample = sample_of(study)
    assert sample.typical.all()
    assert sample.trained.all()


def test_under_analysis_4_every_run_is_read_whatever_became_of_it(study: Evidence) -> None:
    some = np.random.default_rng(1).random(len(study.runs)) < 0.1
    sample = sample_of(replace(study, analysis=4, runs=replace(study.runs, diverged=some)))
    assert sample.typical.all()
    assert (sample.outcome == "diverged").tolist() == some.tolist()


@pytest.mark.parametrize("accuracy", [0.88, 0.6, 0.1])
def test_collapsed_runs_are_left_out_and_keep_their_margin(study: Evidence, accuracy: float) -> None:
    paired = np.isin(study.runs.phase, ("confirm", "controls"))
    hit = (np.random.default_rng(2).random(len(paired)) < 0.08) & paired
    worse = _lowered(study, hit, accuracy)
    sample, plain, found = sample_of(worse), gather(study), gather(worse)
    assert (~sample.typical).tolist() == hit.tolist()
    assert len(paired_rows(sample)) == int((paired & ~hit).sum())
    assert found.margin == pytest.approx(plain.margin, rel=0.15)
    assert outcome_counts(sample).failed == int(hit.sum())
    assert sum(len(arm.y) for arm in paired_arms(sample, every_run=True)) == int(paired.sum())


@pytest.mark.parametrize(("phase", "runs"), [("map", 8), ("confirm", 30)])
def test_scattered_runs_of_the_claim_do_not_widen_the_margin(study: Evidence, phase: str, runs: int) -> None:
    own = at_claim(sample_of(study)) & (study.runs.phase == phase)
    assert own.sum() == runs
    scattered = replace(study, runs=replace(study.runs, correct=study.runs.correct.copy()))
    shares = 1.0 / (1.0 + np.exp(-np.random.default_rng(1).permutation(np.linspace(0.0, 6.0, runs))))
    scattered.runs.correct[own] = np.rint(shares * study.runs.n_test[own]).astype(np.int64)
    found, plain = gather(scattered).margin, gather(study).margin
    assert found is not None
    assert plain is not None
    assert found < 1.15 * plain


def test_a_cliff_of_diverged_runs_stays_in(study: Evidence) -> None:
    rates = study.runs.eta / (1.0 - study.runs.alpha)
    beyond = rates > 0.6
    sample = sample_of(replace(study, runs=replace(study.runs, diverged=beyond)))
    assert sample.typical[beyond].mean() > 0.9
    assert set(sample.outcome[beyond].tolist()) == {"diverged"}


def test_the_zone_is_a_function_of_the_maps_runs_alone(study: Evidence, select: Select) -> None:
    hit = np.random.default_rng(3).random(len(study.runs)) < 0.08
    worse = _lowered(study, hit, 0.5)
    only_map = select(worse, worse.runs.phase == "map")
    nodes = np.random.default_rng(4).uniform([-8.0, 0.0], [0.0, 5.7], (500, 2))
    assert find_zone(worse).contains(nodes).tolist() == find_zone(only_map).contains(nodes).tolist()
    located = select(worse, np.isin(worse.runs.phase, ("map", "zoom")))
    assert find_candidates(located) == find_candidates(worse)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_is_judged(study: Evidence, objective: str) -> None:
    some = np.random.default_rng(6).random(len(study.runs)) < 0.06
    runs = replace(study.runs, diverged=some, own_loss=np.where(some, 1e30, study.runs.own_loss))
    found = gathered(gather(replace(study, objective=objective, runs=runs)))
    assert found.outcomes.diverged == int(some.sum())
    assert found.findings.margin is None or np.isfinite(found.findings.margin)


@pytest.mark.parametrize("kind", ["all", "claim", "half of the claim", "all but the claim", "map"])
def test_diverged_runs_of_any_share_raise_nothing(study: Evidence, kind: str) -> None:
    own, odd = at_claim(sample_of(study)), np.arange(len(study.runs)) % 2 == 0
    masks = {"all": own | ~own, "claim": own, "half of the claim": own & odd, "all but the claim": ~own}
    hit = masks.get(kind, study.runs.phase == "map")
    verdict = decide_sweep(replace(study, runs=replace(study.runs, diverged=hit)))
    assert verdict.outcome in ("supported", "refuted", "inconclusive")
    found = gathered(gather(replace(study, runs=replace(study.runs, diverged=hit))))
    assert found.claim_outcomes.failed == int((hit & own).sum())
    if kind in ("claim", "half of the claim"):
        assert found.collapse.refutes


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize("phase", ["map", "zoom", "confirm", "cv", "search"])
def test_a_handful_of_runs_raises_nothing(by_hand: ByHand, phase: str, count: int) -> None:
    rows = [
        (phase, "claim" if i % 2 else "best", i // 2, 0, *((0.03, 0.8) if i % 2 else CLAIM), 900, i == 3)
        for i in range(count)
    ]
    evidence = by_hand([*rows, ("map", "point", 0, 0, 0.1, 0.5, 900, False)])
    evidence = replace(evidence, analysis=5)
    sample = sample_of(evidence)
    assert len(map_rows(sample)) + len(paired_rows(sample)) <= count + 1
    assert len(located_rows(sample)) <= count + 1
    decide_sweep(evidence)
    find_candidates(evidence)


@pytest.mark.parametrize("planned", [4, 5])
def test_two_blocks_and_few_points_are_judged(planned: int) -> None:
    spec = shipped(planned, map_points=16, zoom_points=0, claim_replicates=2, confirm_blocks=2)
    small = simulate(SCENARIOS["A"], np.random.default_rng(8), spec)
    assert gather(replace(small, analysis=5)).margin is not None
