"""Decay by information: it falls where information stands still, and never leaves its bounds."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.training.schedules import Course, mi_decay, own_values

ENTROPY = math.log(10.0)


def own(**stated: float) -> dict[str, Any]:
    return own_values("mi_decay", tuple(stated.items()))


def walk(measured: list[float], **stated: float) -> list[float]:
    """The share of eta in each epoch: before the first measurement, and after each."""
    values, course = own(**stated), mi_decay.start(own(**stated))
    shares = [course.share]
    for information in measured:
        course = mi_decay.after_epoch(course, information, ENTROPY, values)
        shares.append(course.share)
    return shares


def test_it_starts_at_the_upper_bound_and_the_first_measurement_moves_nothing() -> None:
    assert walk([1.0]) == [1.0, 1.0]
    assert walk([1.0], hi=0.5) == [0.5, 0.5]


def test_it_falls_to_the_line_between_the_bounds_where_information_stands_still() -> None:
    half = ENTROPY / 2
    assert walk([half, half * 1.009], lo=0.2, hi=0.8)[-1] == pytest.approx(0.8 - 0.6 * 1.009 / 2)
    assert walk([half, half * 0.991], lo=0.2, hi=0.8)[-1] == pytest.approx(0.8 - 0.6 * 0.991 / 2), "either way"


def test_it_stays_while_information_changes() -> None:
    half = ENTROPY / 2
    assert walk([half, half * 1.011, half * 0.9, half * 1.3]) == [1.0] * 5
    assert walk([half, half * 1.04], tau=0.05)[-1] < 1.0


def test_all_or_nothing_known_are_the_bounds() -> None:
    assert walk([ENTROPY, ENTROPY], lo=0.3)[-1] == pytest.approx(0.3)
    assert walk([0.0, 0.0, 0.0], lo=0.3) == [1.0] * 4, "no share of nothing is a change"


def test_labels_of_one_class_move_nothing() -> None:
    course = mi_decay.after_epoch(Course(0.7, 0.0), 0.0, 0.0, own())
    assert course == Course(0.7, 0.0)


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30),
    st.floats(0.0, 0.999),
    st.floats(1e-6, 1.0),
    st.floats(1e-6, 1.0),
)
def test_it_never_rises_and_stays_in_its_bounds(known: list[float], lo: float, gap: float, tau: float) -> None:
    hi = min(1.0, lo + gap)
    shares = walk([share * ENTROPY for share in known], lo=lo, hi=hi, tau=tau)
    assert all(after <= before for before, after in pairwise(shares))
    assert all(lo * (1 - 1e-12) <= share <= hi for share in shares)
