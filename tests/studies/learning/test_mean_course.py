"""The mean course of a rate over runs that end at different times, and the table that replays it."""

from __future__ import annotations

import numpy as np
import pytest

from studies.learning.course import Course, CourseError
from studies.learning.mean_course import mean_course, parts_of_an_epoch

PLANTED = Course(0.3, -2.0, -0.5, 0.05)


def run(last: float, shift: float = 0.0) -> tuple[list[float], list[float]]:
    """A run whose rates follow the planted course, measured 20 times an epoch until its end."""
    times = np.arange(0.0, last + 1e-9, 0.05)
    return times.tolist(), (PLANTED.at(times) + shift).tolist()


def test_the_mean_of_runs_is_fitted_and_replayed() -> None:
    found = mean_course("first", [run(2.0, 0.01), run(2.0, -0.01)])
    assert found.course is not None and found.fitted is not None and not found.fault
    np.testing.assert_allclose(found.rates, PLANTED.at(found.times), rtol=1e-9)
    np.testing.assert_allclose(found.fitted, found.rates, atol=1e-6)
    shares = found.shares(3, 10)
    middles = (np.arange(30) + 0.5) / 10
    np.testing.assert_allclose(shares, PLANTED.at(middles), rtol=1e-3)
    assert all(len(f"{share:g}".replace("0.", "").lstrip("0")) <= 4 for share in shares)


def test_times_that_few_runs_reached_are_left_out() -> None:
    """One of four goes on alone, at rates of its own, and changes nothing of the mean before."""
    found = mean_course("last", [run(0.6), run(0.8), run(0.8), run(2.0, 0.4)])
    assert found.times[-1] == pytest.approx(0.8)
    assert found.runs == 4
    expected = PLANTED.at(found.times) + np.where(found.times <= 0.6 + 1e-9, 0.1, 0.4 / 3)
    np.testing.assert_allclose(found.rates, expected, rtol=1e-9)


def test_what_was_not_measured_is_no_rate() -> None:
    times, rates = run(1.0)
    found = mean_course("first", [(times, [None, *rates[1:]]), (times, [None, *rates[1:]])])
    assert found.times[0] == pytest.approx(0.05)
    with pytest.raises(CourseError, match="no run has recorded mean rates"):
        mean_course("first", [((), ()), ([0.0], [None])])


def test_without_a_fit_the_curve_is_still_there() -> None:
    found = mean_course("first", [([0.0, 0.5, 1.0], [0.4, 0.2, 0.1])])
    assert found.course is None and found.fitted is None
    assert "5 different times" in found.fault
    assert found.shares(2, 2) == pytest.approx((0.3, 0.15, 0.1, 0.1))


def test_a_course_that_turns_after_the_last_measured_time_is_held_there() -> None:
    times = np.linspace(0.0, 1.0, 41)
    for sign in (1.0, -1.0):
        planted = Course(0.3 * sign, -4.0, 1.0, 0.5)
        found = mean_course("first", [(times.tolist(), planted.at(times).tolist())])
        assert found.course is not None
        shares = np.array(found.shares(20, 4))
        turn = (4.0 / 3.0) ** 1.5
        assert (np.diff(sign * shares) <= 0.0).all()
        np.testing.assert_allclose(shares[4 * 2 :], planted.at(turn), rtol=1e-3)
        np.testing.assert_allclose(shares[:4], planted.at((np.arange(4) + 0.5) / 4), rtol=1e-3)


def test_a_course_below_zero_is_replayed_as_standing_still() -> None:
    times = np.linspace(0.0, 0.5, 21)
    falling = mean_course("first", [(times.tolist(), Course(1.0, -0.5, -0.2, -0.6).at(times).tolist())])
    assert falling.course is not None and falling.course.at(2.0) < 0.0
    assert falling.shares(3, 1)[0] >= 0.0 and falling.shares(3, 1)[-1] == 0.0


@pytest.mark.parametrize(("times", "parts"), [([0.0, 0.01, 0.02, 0.03], 100), ([0, 1, 2], 1), ([0.0], 1), ([], 1)])
def test_parts_of_an_epoch_are_those_of_the_looks(times: list[float], parts: int) -> None:
    assert parts_of_an_epoch(times) == parts
