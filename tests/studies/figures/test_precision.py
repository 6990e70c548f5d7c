"""Positions keep what a screen can show, whatever the range, and no more."""

from __future__ import annotations

import pytest

from studies.figures.precision import SHADES, STEPS, on_axis, significant


@pytest.mark.parametrize("ends", [(0.0, 4.6), (0.9995, 0.9996), (-3e5, 7e9), (5.0, 5.0 + 1e-9)])
def test_positions_are_moved_by_less_than_a_step(ends: tuple[float, float]) -> None:
    low, high = ends
    values = [low + share * (high - low) for share in (0.0, 1 / 3, 0.123456789, 1.0)]
    found = on_axis(values, ends)
    assert all(abs(a - b) <= (high - low) / STEPS for a, b in zip(values, found, strict=True))
    assert len(set(found)) == 4


def test_digits_that_nobody_sees_are_left_out() -> None:
    assert on_axis([1.23456789, 4.0], (0.0, 4.6)) == [1.235, 4.0]
    assert significant([0.0159123456, 123456.7]) == [0.01591, 123500.0]


def test_a_scale_of_colours_takes_fewer_digits() -> None:
    assert on_axis([1.23456789, 4.0], (0.0, 4.6), SHADES) == [1.23, 4.0]


def test_a_range_without_length_leaves_positions_as_they_are() -> None:
    assert on_axis([0.123456789], (1.0, 1.0)) == [0.123456789]
    assert on_axis([0.123456789], (1.0, 1.0 + 1e-15)) == [0.123456789]
