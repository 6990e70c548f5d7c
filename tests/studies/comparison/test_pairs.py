"""Paired comparisons against SciPy, published values, and by simulation with censored runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from studies.comparison.pairs import EXACT_RANKS, Pairs, signed_rank_p_value
from studies.comparison.samples import Sample
from studies.verdict.holm import holm

CAP = 30.0


def sample(values: object, censored: object = None, *, blocks: object = None, larger: bool = False) -> Sample:
    value = np.array(values, dtype=np.float64)
    lost = np.zeros(len(value), np.bool_) if censored is None else np.array(censored, dtype=np.bool_)
    block = np.arange(len(value)) if blocks is None else np.array(blocks, dtype=np.int64)
    return Sample(block, value, lost, larger)


def times(values: np.ndarray) -> Sample:
    """Times to a target, cut off at the cap."""
    return sample(np.minimum(values, CAP), values > CAP)


def test_the_p_value_of_published_data() -> None:
    """Heights of fifteen pairs of crossed and self-fertilised plants (Darwin 1876): W- = 24, p = 0.0413."""
    d = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=np.float64)
    assert signed_rank_p_value(d) == pytest.approx(0.04126, abs=1e-5)


@pytest.mark.parametrize("n", [2, 3, 7, 12, 25, 60])
def test_the_exact_p_value_is_that_of_scipy(n: int) -> None:
    d = np.random.default_rng(n).normal(0.3, 1.0, n)
    assert signed_rank_p_value(d) == pytest.approx(stats.wilcoxon(d, method="exact").pvalue, rel=1e-9)


def test_with_ties_and_zeros_the_p_value_is_that_of_every_sign_pattern() -> None:
    d = np.array([3, 3, -1, 2, 0, 2, -1, 5, 0, 3], dtype=np.float64)
    every = stats.wilcoxon(d, zero_method="wilcox", method=stats.PermutationMethod(n_resamples=np.inf))
    assert signed_rank_p_value(d) == pytest.approx(every.pvalue, rel=1e-9)


def test_many_pairs_use_the_normal_distribution() -> None:
    d = np.round(np.random.default_rng(5).normal(0.2, 1.0, EXACT_RANKS + 40), 1)
    expected = stats.wilcoxon(d, zero_method="wilcox", correction=False, method="asymptotic").pvalue
    assert signed_rank_p_value(d) == pytest.approx(expected, rel=1e-6)


def test_equal_rows_have_a_p_value_of_one() -> None:
    assert signed_rank_p_value(np.zeros(4)) == 1.0


def test_the_difference_and_its_p_value_are_those_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1.0, 0.2, 9), rng.normal(1.2, 0.2, 9)
    pairs, expected = Pairs(sample(a), sample(b)), stats.ttest_rel(a, b)
    assert (pairs.count, pairs.test) == (9, "t")
    assert pairs.p == pytest.approx(expected.pvalue, rel=1e-9)
    found = pairs.difference
    assert found.estimate == pytest.approx((a - b).mean())
    low, high = expected.confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_the_chance_to_be_better_counts_ties_half_and_has_the_interval_of_agresti_and_coull() -> None:
    pairs = Pairs(sample([1, 2, 3, 4]), sample([2, 2, 4, 5]))  # lower is better: three wins and a tie
    assert pairs.better.estimate == 3.5 / 4
    expected = proportion_confint(3.5, 4, method="agresti_coull")
    assert (pairs.better.low, pairs.better.high) == (pytest.approx(expected[0]), pytest.approx(expected[1]))
    assert Pairs(sample([0.9], larger=True), sample([0.8], larger=True)).better.estimate == 1.0


def test_only_shared_blocks_are_compared() -> None:
    pairs = Pairs(sample([1, 2, 3], blocks=[4, 7, 9]), sample([5, 5, 5], blocks=[7, 8, 9]))
    assert (pairs.count, pairs.difference.estimate) == (2, -2.5)
    none = Pairs(sample([1], blocks=[1]), sample([1], blocks=[2]))
    assert (none.count, none.test, none.p, none.difference.estimate, none.better.estimate) == (0, "", None, None, None)


def test_a_censored_run_ranks_behind_one_that_arrived_with_the_last_image() -> None:
    arrived, never = sample([CAP, CAP, 3.0]), sample([CAP, CAP, CAP], [True, True, False])
    assert Pairs(arrived, never).better.estimate == 1.0
    both = Pairs(sample([CAP], [True]), sample([CAP], [True]))
    assert both.better.estimate == 0.5  # neither arrived


def test_a_mostly_censored_row_has_no_difference_but_a_chance_and_a_p_value() -> None:
    fast = sample([3.0, 4.0, 5.0, 4.5, 3.5, 4.1])
    slow = sample([CAP] * 5 + [9.0], [True] * 5 + [False])
    pairs = Pairs(fast, slow)
    assert pairs.difference.estimate is None
    assert (pairs.better.estimate, pairs.test) == (1.0, "signed rank")
    assert pairs.p == pytest.approx(2 / 2**6)


def test_rounding_makes_no_difference_between_fractions_of_an_epoch() -> None:
    a, b = sample([0.1 + 0.2, 7.0], [False, True]), sample([0.3, 7.0], [False, True])
    assert Pairs(a, b).better.estimate == 0.5
    assert Pairs(a, b).p == 1.0


@pytest.mark.parametrize("cap", [math.inf, 12.0, 5.0], ids=["none cut off", "some", "half"])
def test_holms_family_error_is_held_with_censored_runs(cap: float) -> None:
    """Four equal arms on shared seeds: in at most 5 % of studies is any of three found to differ from the first."""
    rng, studies, false = np.random.default_rng(20200607), 1500, 0
    for _ in range(studies):
        seed = rng.exponential(5.0, 8)  # what the arms of a block share
        arms = [np.minimum(seed + rng.exponential(2.0, 8), 1e9) for _ in range(4)]
        base, *others = (sample(np.minimum(a, cap), a > cap) for a in arms)
        adjusted = holm([Pairs(other, base).p for other in others])
        false += min(p for p in adjusted if p is not None) <= 0.05
    assert false / studies <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / studies)


def test_intervals_cover_the_difference_and_the_chance() -> None:
    """Log-normal times with a shared part; the chance to be better is known from the normal distribution."""
    rng, studies, n = np.random.default_rng(7), 1500, 10
    mean = math.exp(0.08) - 1.2 * math.exp(0.08)  # exp(mu + sigma^2 / 2) with sigma 0.4
    chance = stats.norm.cdf(math.log(1.2) / (math.sqrt(2.0) * math.sqrt(0.08)))
    covered = np.zeros(2)
    for _ in range(studies):
        shared = rng.normal(0.0, math.sqrt(0.08), n)
        a = np.exp(shared + rng.normal(0.0, math.sqrt(0.08), n))
        b = 1.2 * np.exp(shared + rng.normal(0.0, math.sqrt(0.08), n))
        pairs = Pairs(sample(a), sample(b))
        for i, (interval, truth) in enumerate(((pairs.difference, mean), (pairs.better, chance))):
            assert interval.low is not None and interval.high is not None
            covered[i] += interval.low <= truth <= interval.high
    assert (covered / studies >= 0.93).all(), covered / studies


def test_a_real_difference_is_found_although_runs_are_cut_off() -> None:
    rng, found = np.random.default_rng(3), 0
    for _ in range(200):
        shared = rng.exponential(2.0, 10)
        pairs = Pairs(times(shared + rng.exponential(4.0, 10)), times(shared + 10.0 + rng.exponential(12.0, 10)))
        found += (pairs.p or 1.0) <= 0.05
    assert found / 200 > 0.9
