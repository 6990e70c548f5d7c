from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from studies.verdict.paired import mean_test, nadeau_bengio_factor, pairs_needed, sign_flip_p_value

D = np.random.default_rng(3).normal(0.05, 0.1, size=30)


def test_interval_of_the_mean_agrees_with_scipy() -> None:
    expected = stats.ttest_1samp(D, 0.0)
    interval = expected.confidence_interval(0.95)
    assert mean_test(D).interval() == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("bound", [-0.05, 0.0, 0.1])
def test_one_sided_t_agrees_with_scipy(bound: float) -> None:
    assert mean_test(D).p_greater(bound) == pytest.approx(stats.ttest_1samp(D, bound, alternative="greater").pvalue)
    assert mean_test(D).p_less(bound) == pytest.approx(stats.ttest_1samp(D, bound, alternative="less").pvalue)


def test_equivalence_agrees_with_statsmodels() -> None:
    p, lower, upper = ttost_paired(D, np.zeros(30), -0.1, 0.1)
    assert mean_test(D).p_equivalent(0.1) == pytest.approx(p)
    assert mean_test(D).p_greater(-0.1) == pytest.approx(lower[1])
    assert mean_test(D).p_less(0.1) == pytest.approx(upper[1])


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_exact_sign_flips_agree_with_scipy(alternative: str) -> None:
    few = D[:9]
    expected = stats.permutation_test(
        (few,), np.mean, permutation_type="samples", alternative=alternative, n_resamples=np.inf
    )
    ours = sign_flip_p_value(few, alternative=alternative, rng=np.random.default_rng(0))
    assert ours == pytest.approx(expected.pvalue)


def test_drawn_sign_flips_come_close_to_t() -> None:
    ours = sign_flip_p_value(D, alternative="greater", rng=np.random.default_rng(0))
    p = mean_test(D).p_greater(0.0)
    assert p is not None
    assert ours == pytest.approx(p, abs=0.01)


def test_sign_flips_hold_their_level_under_the_null() -> None:
    rng = np.random.default_rng(5)
    p_values = [sign_flip_p_value(rng.laplace(size=12), alternative="greater", rng=rng) for _ in range(400)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_sign_flip_of_three_pairs_by_hand() -> None:
    # all eight patterns of (1, 2, 3): only the observed one reaches the sum 6
    assert sign_flip_p_value(np.array([1.0, 2.0, 3.0]), alternative="greater", rng=np.random.default_rng(0)) == 1 / 8


def test_nadeau_bengio_factor_of_ten_by_tenfold() -> None:
    assert nadeau_bengio_factor(10, 10) == pytest.approx(1 + 100 / 9)


def test_nadeau_bengio_standard_error_equals_the_corrected_variance() -> None:
    folds, repeats = 5, 6
    test = mean_test(D, variance_factor=nadeau_bengio_factor(repeats, folds))
    expected = np.var(D, ddof=1) * (1 / 30 + 1 / (folds - 1))
    assert test.error == pytest.approx(np.sqrt(expected))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_pairs_decide_nothing(count: int) -> None:
    test = mean_test(D[:count])
    assert test.p_greater(0.0) is None
    assert test.p_equivalent(1.0) is None
    assert test.interval() == (None, None)


def test_pairs_without_spread_give_the_sign_flip_bound() -> None:
    test = mean_test(np.full(10, 0.3))
    assert test.p_greater(0.1) == 2.0**-10
    assert test.p_greater(0.3) == 1.0


def test_pairs_needed_for_the_default_margin() -> None:
    # spread of a pair sqrt(2) sigma, margin 0.954 sigma: 24 pairs at 5 % and 95 % power
    assert pairs_needed(0.954, np.sqrt(2.0), level=0.05) == 24


def test_unknown_alternative_is_refused() -> None:
    with pytest.raises(ValueError, match="alternative"):
        sign_flip_p_value(D, alternative="more", rng=np.random.default_rng(0))
