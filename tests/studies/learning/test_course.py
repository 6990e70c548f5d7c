"""The course of a mean rate: planted parameters come back, what is not determined is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.learning.course import Course, CourseError, fit_course

PLANTED = [
    Course(0.3, -2.0, -0.05, 0.02),
    Course(0.5, -0.8, -0.2, 0.0),
    Course(1.0, -4.0, 0.02, 0.1),
    Course(-0.2, -1.5, -0.1, 0.6),  # a rate that rises
    Course(1e-6, -1.0, -0.1, 2e-7),  # of the size of a weight's share
    Course(0.05, 0.6, -0.3, 0.01),  # a hump
]


@pytest.mark.parametrize("span", [1.0, 30.0, 30_000.0], ids=str)
@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_planted_parameters_come_back_whatever_the_unit_of_time(planted: Course, span: float) -> None:
    """Planted over 30 units of time, then stated in another unit."""
    unit = span / 30.0
    course = Course(planted.a, planted.b / math.cbrt(unit), planted.c / unit, planted.d)
    times = np.linspace(0.0, span, 101)
    found = fit_course(times, course.at(times))
    size = abs(planted.a) + abs(planted.d)
    assert (found.a, found.d) == (pytest.approx(course.a, abs=1e-5 * size), pytest.approx(course.d, abs=1e-5 * size))
    assert found.b * math.cbrt(unit) == pytest.approx(planted.b, abs=1e-4)
    assert found.c * unit == pytest.approx(planted.c, abs=1e-4)
    assert found.deviation <= 1e-8 * size
    assert found.at(times) == pytest.approx(course.at(times), abs=1e-7 * size)


def test_noise_moves_the_course_by_its_own_share_alone() -> None:
    """60 fits: the fitted rates are nearer to the planted ones than the noise, and the deviation is the noise's."""
    planted, times = PLANTED[0], np.linspace(0.0, 30.0, 61)
    true, random = planted.at(times), np.random.default_rng(3)
    far, deviations = [], []
    for _ in range(60):
        found = fit_course(times, true + random.normal(0.0, 0.005, len(times)))
        far.append(math.sqrt(np.square(found.at(times) - true).mean()))
        deviations.append(found.deviation)
    assert max(far) < 0.005
    assert math.sqrt(np.square(far).mean()) == pytest.approx(0.005 * math.sqrt(4 / 61), rel=0.25)
    assert math.sqrt(np.square(deviations).mean()) == pytest.approx(0.005 * math.sqrt(57 / 61), rel=0.06)


def test_the_order_of_the_times_does_not_matter() -> None:
    times = np.linspace(0.0, 30.0, 31)
    rates = PLANTED[0].at(times)
    turned = fit_course(times[::-1], rates[::-1])
    assert turned.at(times) == pytest.approx(fit_course(times, rates).at(times), abs=1e-9)


@pytest.mark.parametrize(
    ("times", "rates", "said"),
    [
        ([0, 1, 2, 3, 4], [1, 2, 3, 4], "two lists of one length"),
        ([[0, 1], [2, 3]], [[0, 1], [2, 3]], "two lists of one length"),
        ([], [], "must hold 5 different times or more, got 0"),
        ([0, 1, 1, 1, 2], [5, 4, 3, 2, 1], "must hold 5 different times or more, got 3"),
        ([0, 1, 2, 3, math.inf], [5, 4, 3, 2, 1], "must be finite numbers"),
        ([0, 1, 2, 3, 4], [5, 4, math.nan, 2, 1], "must be finite numbers"),
        ([-1, 1, 2, 3, 4], [5, 4, 3, 2, 1], "must not be negative, got -1"),
        ([0, 1, 2, 3, 4], [0.5] * 5, "are all 0.5"),
        ([0, 1, 2, 3, 4], [0.0] * 5, "are all 0"),
    ],
)
def test_what_determines_no_course_is_refused_with_the_cure(times: object, rates: object, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        fit_course(times, rates)  # type: ignore[arg-type]


def test_a_change_at_the_end_alone_does_not_converge() -> None:
    with pytest.raises(CourseError, match="does not converge on these rates"):
        fit_course(range(30), [0.0] * 29 + [1.0])


def test_a_course_that_is_nearly_a_line_is_followed() -> None:
    times = np.linspace(0.0, 10.0, 21)
    planted = Course(5.0, 0.0, -0.01, -4.0)
    assert fit_course(times, planted.at(times)).at(times) == pytest.approx(planted.at(times), abs=1e-5)
