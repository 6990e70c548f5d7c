"""Results that do not vary: what is odd, and what is honest, such as equal shares of few test cases."""

from __future__ import annotations

import random

import pytest

from studies.language.measure import Measure
from studies.verdict.sameness import Seen, constant_result, same_on_all_seeds

LOSS = Measure(name="loss", direction="minimize", kind="positive")
SCORE = Measure(name="reward", direction="maximize", kind="real")
CLAIM = (1e-3, 0.9)


def share(cases: int) -> Measure:
    return Measure(name="acc", direction="maximize", kind="share", test_size=cases)


def spread(decimals: int = 15, *, low: float = 0.5, high: float = 0.9, cases: int | None = None) -> list[Seen]:
    """Results at twenty points, all different where there are so many values."""
    draws = random.Random(1)
    values = [draws.uniform(low, high) for _ in range(20)]
    values = [round(v * cases) / cases if cases else round(v, decimals) for v in values]
    return [Seen((1e-4 * (i + 1), 0.5), value, seed=i) for i, value in enumerate(values)]


def replicates(*values: float | None) -> list[Seen]:
    return [Seen(CLAIM, value, seed=100 + i) for i, value in enumerate(values)]


@pytest.mark.parametrize("measure", [LOSS, SCORE, share(500)])
def test_three_equal_results_are_odd_where_results_have_many_digits(measure: Measure) -> None:
    seen = [*spread(), *replicates(0.95, 0.95, 0.95)]
    same = same_on_all_seeds(seen, measure)
    assert same is not None
    assert (same.point, same.value, same.count) == (CLAIM, 0.95, 3)
    assert same.sentence(("lr", "beta1")) == (
        "all 3 trainings at lr = 0.001, beta1 = 0.9 came to 0.95, on different seeds: the training seems to ignore the "
        "seed, and without noise no test means anything"
    )
    assert same_on_all_seeds(seen[:-1], measure) is None, "two may meet"
    assert same_on_all_seeds([*spread(), *replicates(0.95, 0.95, 0.95, 0.9501)], measure) is None
    assert same_on_all_seeds([*spread(), *replicates(0.95, 0.95, None)], measure) is None


@pytest.mark.parametrize(("cases", "count", "odd"), [(50, 8, False), (100, 8, False), (500, 8, True), (500, 4, False)])
def test_equal_shares_of_few_test_cases_are_honest(cases: int, count: int, odd: bool) -> None:
    seen = [*spread(cases=cases), *replicates(*[0.96] * count)]
    assert (same_on_all_seeds(seen, share(cases)) is not None) is odd


@pytest.mark.parametrize(("decimals", "count", "odd"), [(2, 8, False), (4, 8, True), (3, 3, False), (4, 3, True)])
def test_equal_numbers_of_few_decimals_are_honest(decimals: int, count: int, odd: bool) -> None:
    seen = [*spread(decimals), *replicates(*[0.96] * count)]
    assert (same_on_all_seeds(seen, LOSS) is not None) is odd


def test_where_a_measure_or_a_training_ends_results_meet() -> None:
    assert same_on_all_seeds([*spread(), *replicates(*[1.0] * 8)], share(5000)) is None
    assert same_on_all_seeds([*spread(low=20, high=480), *replicates(*[500.0] * 8)], SCORE) is None
    chance = [*spread(cases=5000), Seen((1e-5, 0.5), 0.1, seed=1), *replicates(*[0.1] * 8)]
    assert same_on_all_seeds(chance, share(5000)) is None
    assert same_on_all_seeds([], LOSS) is None


def test_folds_of_one_seed_are_no_replicates() -> None:
    folds = [Seen(CLAIM, 0.9 + 0.001 * fold, seed=seed, part=fold) for seed in range(4) for fold in range(3)]
    assert same_on_all_seeds([*spread(), *folds], LOSS) is not None
    assert same_on_all_seeds([*spread(), *(Seen(CLAIM, 0.95, seed=1, part=0) for _ in range(9))], LOSS) is None


def test_one_result_at_all_points_is_constant() -> None:
    same = [Seen((0.001 * i, 0.5), 0.5, seed=i) for i in range(10)]
    assert constant_result(same) == 0.5
    assert constant_result(same[:7]) is None
    assert constant_result([*same, Seen(CLAIM, 0.51, seed=0)]) is None
    assert constant_result([*same, Seen(CLAIM, None, seed=0)]) is None, "it broke there, so the point does matter"
