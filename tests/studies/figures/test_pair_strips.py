"""Single pairs as strips: those of the comparison, thinned evenly, at heights by a fixed rule."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from planted_evidence import evidence_of

from studies.figures.pair_strips import MOST_PAIRS, NO_PAIRS, Pair, heights, strip, strips_of
from studies.records import Runs
from studies.verdict.findings import gather

MakeRuns = Callable[..., Runs]


@pytest.mark.parametrize("in_points", [True, False])
def test_the_mean_of_a_strip_is_the_comparisons(make_runs: MakeRuns, in_points: bool) -> None:
    evidence = evidence_of(make_runs())
    (compared,) = gather(evidence).comparisons
    found = strips_of(evidence, in_points=in_points)
    assert list(found) == [(compared.arm, compared.eta, compared.alpha)]
    (pairs,) = found.values()
    stated = compared.difference_points if in_points else compared.difference
    assert np.mean([pair.difference for pair in pairs.shown]) == pytest.approx(stated.estimate)
    assert (pairs.pairs, pairs.hidden) == (compared.pairs, 0)


def test_a_pair_is_the_arms_run_minus_the_claims_of_the_same_block(make_runs: MakeRuns) -> None:
    runs = make_runs()
    (pairs,) = strips_of(evidence_of(runs), in_points=True).values()
    for pair in pairs.shown:
        here = (runs.phase == "confirm") & (runs.block == pair.block)
        (arm,), (claim,) = (runs.accuracy[here & (runs.arm == name)] for name in ("best", "claim"))
        assert pair.difference == pytest.approx(100.0 * (arm - claim))


def test_without_the_claim_there_are_no_pairs(make_runs: MakeRuns) -> None:
    runs = make_runs()
    assert strips_of(evidence_of(runs.where(runs.phase == "map")), in_points=True) == {}


@pytest.mark.parametrize(("count", "drawn"), [(0, 0), (MOST_PAIRS, MOST_PAIRS), (MOST_PAIRS + 1, 101), (1000, 200)])
def test_many_pairs_are_thinned_evenly_and_all_are_counted(count: int, drawn: int) -> None:
    found = strip([Pair(i, 0, float(i - 3)) for i in range(count)])
    assert (len(found.shown), found.pairs, found.hidden) == (drawn, count, count - drawn)
    assert found.better == max(0, count - 4), "a pair of 0 is not above 0"
    assert len({b.block - a.block for a, b in zip(found.shown, found.shown[1:], strict=False)}) <= 1
    assert (found == NO_PAIRS) is (count == 0)
    assert found.highest == (float(count - 4) if count else None), "of all pairs"


def test_heights_are_the_same_every_time_and_fill_the_band() -> None:
    found = heights(MOST_PAIRS, (0.1, 0.3))
    assert found == heights(MOST_PAIRS, (0.1, 0.3))
    assert found[:20] == heights(20, (0.1, 0.3)), "one more pair moves no other"
    counts, _ = np.histogram(found, bins=10, range=(0.1, 0.3))
    assert counts.sum() == MOST_PAIRS
    assert counts.max() - counts.min() <= 2
    assert min(abs(b - a) for a, b in itertools.pairwise(found)) > 0.05, "neighbours lie apart"
