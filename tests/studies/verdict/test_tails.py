"""Tails of single numbers are those of `scipy.stats`, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import t as student

from studies.verdict.tails import f_tail, t_point, t_tail

NUMBERS = np.random.default_rng(5).normal(0.0, 4.0, size=300).tolist()


@pytest.mark.parametrize("df", [1, 2, 9, 39, 1e9])
def test_students_tails_and_points_are_scipys(df: float) -> None:
    assert [t_tail(x, df) for x in NUMBERS] == student.sf(NUMBERS, df).tolist()
    chances = [10.0**-power for power in np.linspace(0.01, 12.0, 60)]
    assert [t_point(chance, df) for chance in chances] == student.isf(chances, df).tolist()


def test_tails_end_where_scipys_do() -> None:
    assert (t_tail(math.inf, 5), t_tail(-math.inf, 5)) == (0.0, 1.0)
    assert (t_point(0.0, 5), t_point(1.0, 5)) == (math.inf, -math.inf)


def test_the_tail_of_f_is_scipys_and_one_below_zero() -> None:
    assert [f_tail(x, 4, 60) for x in NUMBERS] == f_distribution.sf(NUMBERS, 4, 60).tolist()
    assert f_tail(-1e-18, 4, 60) == 1.0
