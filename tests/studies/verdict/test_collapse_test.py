"""The claim's failures against those of its rivals: who counts, what is shown, and how often it is shown wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from studies import golden
from studies.language.claim import Claim
from studies.verdict.answers import CollapseTest
from studies.verdict.collapse_test import HINDERS, TOO_MANY, collapse_test, fisher
from studies.verdict.levels import COLLAPSE
from studies.verdict.model import Evidence
from studies.verdict.rows import paired_arms, sample_of

ByHand = Callable[[list[Any]], Evidence]
CLAIM = (golden.ETA, golden.ALPHA)
PLACES = {
    "claim": CLAIM,
    "best": (0.03, 0.8),
    "inside": (0.014, 0.88),
    "outside": (0.05, 0.5),
    "mate:0": (0.126, 0.0),
    "default": (0.01, 0.9),
}
LEVEL = 0.045


def _evidence(by_hand: ByHand, failures: dict[str, int], *, low: dict[str, int] | None = None) -> Evidence:
    """Thirty blocks of all arms; an arm's first `failures` runs are at chance, `low` takes images from all its runs."""
    rng = np.random.default_rng(4)
    rows = []
    for block in range(30):
        for arm, place in PLACES.items():
            correct = 950 - (low or {}).get(arm, 0) + int(rng.integers(-5, 6))
            failed = block < failures.get(arm, 0)
            phase = "controls" if arm in ("mate:0", "default") else "confirm"
            rows.append((phase, arm, block, 0, *place, 100 if failed else correct, failed))
    return replace(by_hand(rows), analysis=5)


def _test(evidence: Evidence, *, margin: float | None = 0.1) -> CollapseTest:
    sample = sample_of(evidence)
    return collapse_test(sample, paired_arms(sample), evidence.claim, LEVEL, margin=margin)


def test_the_claims_failures_are_set_against_those_of_the_arms_that_were_sought(by_hand: ByHand) -> None:
    found = _test(_evidence(by_hand, {"claim": 6, "best": 1, "mate:0": 9, "default": 5}))
    assert (found.claim_failed, found.claim_runs, found.rivals_failed, found.rivals_runs) == (6, 30, 1, 90)
    expected = fisher_exact([[6, 24], [1, 89]], alternative="greater").pvalue
    assert found.p_more == pytest.approx(expected)
    assert (found.refutes, found.hinders) == (True, True)


@pytest.mark.parametrize(
    ("failures", "more"),
    [({}, False), ({"claim": 1}, True), ({"claim": 1, "best": 3}, False), ({"claim": 1, "best": 1, "inside": 1}, True)],
)
def test_whether_more_of_the_claims_runs_failed_is_asked_of_shares_not_of_numbers(
    by_hand: ByHand, failures: dict[str, int], more: bool
) -> None:
    assert _test(_evidence(by_hand, failures)).more is more


@pytest.mark.parametrize("cliff", ["best", "outside"])
def test_a_rival_on_a_cliff_does_not_hide_the_claims_collapse(by_hand: ByHand, cliff: str) -> None:
    found = _test(_evidence(by_hand, {"claim": 6, cliff: 12}))
    assert (found.rivals_failed, found.rivals_runs, found.refutes) == (0, 60, True)


def test_mates_that_never_fail_accuse_no_claim(by_hand: ByHand) -> None:
    found = _test(_evidence(by_hand, {"claim": 5, "best": 5, "inside": 4, "outside": 5}))
    assert (found.refutes, found.hinders) == (False, False)


def test_an_arm_that_loses_among_runs_that_train_is_no_rival(by_hand: ByHand) -> None:
    found = _test(_evidence(by_hand, {"claim": 6}, low={"outside": 60}))
    assert found.rivals_runs == 60
    alone = _test(_evidence(by_hand, {"claim": 6}, low={"outside": 60, "best": 30, "inside": 40}))
    assert alone.rivals_runs == 30, "the best of those that lose, where all do"
    assert _test(_evidence(by_hand, {"claim": 6}, low={"outside": 60}), margin=None).rivals_runs == 90


def test_a_claim_that_always_fails_is_refuted(by_hand: ByHand) -> None:
    found = _test(_evidence(by_hand, {"claim": 30}))
    assert (found.claim_failed, found.refutes) == (30, True)


def test_thin_evidence_shows_nothing_and_raises_nothing(by_hand: ByHand) -> None:
    lone = [("confirm", "claim", 0, 0, *CLAIM, 940, False)]
    for rows in (
        lone,
        [("map", "point", 0, 0, 0.1, 0.5, 900, True)],
        [*lone, ("confirm", "best", 0, 0, 0.03, 0.8, 9, True)],
    ):
        found = _test(replace(by_hand(rows), analysis=5))
        assert (found.refutes, found.hinders) == (False, False)
    assert _test(replace(by_hand(lone), analysis=5)).p_more is None


@pytest.mark.parametrize(("failed", "runs", "others_failed", "others"), [(0, 8, 0, 9), (3, 38, 0, 90), (7, 7, 1, 5)])
def test_fishers_test_agrees_with_an_independent_one(failed: int, runs: int, others_failed: int, others: int) -> None:
    table = [[failed, runs - failed], [others_failed, others - others_failed]]
    expected = fisher_exact(table, alternative="greater").pvalue
    assert fisher(failed, runs, others_failed, others) == pytest.approx(expected)


def _chances(mine: float, theirs: float) -> tuple[float, float]:
    """Exact chances that 38 runs of the claim against 90 of its rivals refute, and that they hinder support."""
    refutes = hinders = 0.0
    for a in range(39):
        for b in range(91):
            chance = float(binom.pmf(a, 38, mine) * binom.pmf(b, 90, theirs))
            p = fisher(a, 38, b, 90)
            assert p is not None
            refutes += chance * (p <= 0.05 * COLLAPSE)
            hinders += chance * (p <= HINDERS or a / 38 - b / 90 >= TOO_MANY)
    return refutes, hinders


@pytest.mark.parametrize(("mine", "theirs", "least"), [(0.25, 0.0, 0.98), (0.12, 0.0, 0.66), (0.3, 0.05, 0.9)])
def test_power_of_refutation_by_collapse(mine: float, theirs: float, least: float) -> None:
    assert _chances(mine, theirs)[0] >= least


@pytest.mark.parametrize("share", [0.01, 0.03, 0.06, 0.12, 0.25])
def test_equal_shares_are_refuted_no_more_often_than_said_and_seldom_hinder(share: float) -> None:
    refutes, hinders = _chances(share, share)
    assert refutes <= 0.05 * COLLAPSE
    assert hinders <= (0.05 if share < 0.1 else 0.13)


def test_the_claim_is_the_one_that_is_asked_about(by_hand: ByHand) -> None:
    evidence = _evidence(by_hand, {"best": 8})
    sample = sample_of(evidence)
    other = Claim(eta=0.03, alpha=0.8)
    found = collapse_test(sample, paired_arms(sample), other, LEVEL)
    assert (found.claim_failed, found.claim_runs) == (8, 30)
