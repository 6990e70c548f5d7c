"""Paired comparisons with the claim, and the tests of its regret, on pairs written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from studies import golden
from studies.language.claim import Claim
from studies.records import Arm
from studies.verdict.comparisons import compare_arms, confirm_deviation, find_arm, regret_tests
from studies.verdict.rows import ArmRuns

BLOCKS = 10
MARGIN = 0.1
NOISE = np.random.default_rng(4).normal(0.0, 0.05, size=(3, BLOCKS))


def _arm(name: str, eta: float, alpha: float, y: np.ndarray) -> ArmRuns:
    keys = np.column_stack([np.arange(len(y)), np.zeros(len(y), dtype=np.int64)])
    return ArmRuns(name, eta, alpha, keys, y, 1.0 / (1.0 + np.exp(-y)))


@pytest.fixture
def arms() -> list[ArmRuns]:
    """Claim, a best point inside N that is 0.05 better, and a point outside that is 0.3 worse."""
    shared = np.linspace(-0.5, 0.5, BLOCKS)
    return [
        _arm("claim", golden.ETA, golden.ALPHA, shared + NOISE[0]),
        _arm("best", 1.5 * golden.ETA, golden.ALPHA, shared + 0.05 + NOISE[1]),
        _arm("outside", 8.0 * golden.ETA, golden.ALPHA, shared - 0.3 + NOISE[2]),
    ]


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_every_arm_is_compared_with_the_claim_by_a_paired_t_test(arms: list[ArmRuns]) -> None:
    best, outside = compare_arms(arms, margin=MARGIN, folds=None, in_points=True, rng=_rng())
    d = arms[1].y - arms[0].y
    assert (best.arm, best.pairs) == (Arm.BEST, BLOCKS)
    assert best.difference.estimate == pytest.approx(d.mean())
    assert (best.difference.low, best.difference.high) == pytest.approx(
        tuple(stats.ttest_1samp(d, 0).confidence_interval())
    )
    assert best.difference_points.estimate == pytest.approx(100 * (arms[1].accuracy - arms[0].accuracy).mean())
    assert best.p_equivalent == pytest.approx(stats.ttest_1samp(d, MARGIN, alternative="less").pvalue)
    assert best.p_worse == pytest.approx(stats.ttest_1samp(d, MARGIN, alternative="greater").pvalue)
    assert outside.p_loses == pytest.approx(
        stats.ttest_1samp(arms[2].y - arms[0].y, -MARGIN, alternative="less").pvalue
    )
    assert outside.p_alike is not None and outside.p_alike > 0.5


def test_without_claim_margin_or_points_the_comparison_leaves_them_out(arms: list[ArmRuns]) -> None:
    assert compare_arms(arms[1:], margin=MARGIN, folds=None, in_points=True, rng=_rng()) == ()
    best, _ = compare_arms(arms, margin=None, folds=None, in_points=False, rng=_rng())
    assert (best.p_equivalent, best.p_worse, best.p_alike, best.p_loses) == (None, None, None, None)
    assert best.difference_points.estimate is None
    assert best.p_permutation is not None


def test_folds_widen_the_interval_and_independent_blocks_do_not(arms: list[ArmRuns]) -> None:
    (plain, _), (folded, _) = (
        compare_arms(arms, margin=MARGIN, folds=folds, in_points=False, rng=_rng()) for folds in (None, 5)
    )
    widths = [c.difference.high - c.difference.low for c in (folded, plain) if c.difference.high and c.difference.low]
    assert widths[0] / widths[1] == pytest.approx(np.sqrt(1 + BLOCKS / 4))


def test_regret_is_tested_against_the_best_and_across_the_border(arms: list[ArmRuns]) -> None:
    tests = regret_tests(arms, Claim(), MARGIN, rng=_rng())
    d = arms[1].y - arms[0].y
    assert tests.pairs == BLOCKS
    assert tests.spread == pytest.approx(np.std(d, ddof=1))
    assert tests.equivalent == pytest.approx(stats.ttest_1samp(d, MARGIN, alternative="less").pvalue)
    assert tests.better == pytest.approx(stats.ttest_1samp(d, 0, alternative="greater").pvalue)
    assert tests.crossed is not None and tests.crossed > 0.99, "outside is worse than the best, which lies inside"
    assert tests.equivalent_flip == pytest.approx(tests.equivalent, abs=0.03)


def test_the_best_stands_for_its_own_side_of_the_border(arms: list[ArmRuns]) -> None:
    claim, best, outside = arms
    far = _arm("best", outside.eta, outside.alpha, outside.y + 1.0)
    inside = _arm("inside", best.eta, best.alpha, best.y)
    tests = regret_tests([claim, far, inside], Claim(), MARGIN, rng=_rng())
    assert tests.crossed == pytest.approx(stats.ttest_1samp(far.y - inside.y, 0, alternative="greater").pvalue)
    assert regret_tests([claim, best], Claim(), MARGIN, rng=_rng()).crossed is None, "no arm lies outside"


def test_without_pairs_or_margin_no_regret_is_tested(arms: list[ArmRuns]) -> None:
    none = regret_tests([arms[0]], Claim(), MARGIN, rng=_rng())
    assert (none.pairs, none.equivalent, none.better, none.spread) == (0, None, None, None)
    assert none.difference.estimate is None
    unknown = regret_tests(arms, Claim(), None, rng=_rng())
    assert (unknown.equivalent, unknown.worse_flip) == (None, None)
    assert unknown.better is not None


def test_confirmations_noise_is_what_arms_near_the_optimum_leave_beyond_their_means(arms: list[ArmRuns]) -> None:
    found = confirm_deviation(arms)
    assert found is not None
    assert found.value == pytest.approx(np.std(arms[1].y - arms[0].y, ddof=1) / np.sqrt(2))
    assert found.df == BLOCKS - 1
    assert confirm_deviation(arms[2:]) is None
    assert find_arm(arms, Arm.OUTSIDE) is arms[2]
    assert find_arm(arms, Arm.DEFAULT) is None
