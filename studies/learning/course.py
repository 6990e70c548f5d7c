"""The course of a mean learning rate over a training: a exp(b t^(1/3) + c t) + d, fitted by least squares.

DLR gives every weight a rate of its own, whose mean falls over the training. A control trains by that mean alone, as a
table of rates over time (`schedules.py`, `table`): this fit turns the means that were measured into such a table. The
form, with the cube root of time, is that of Li (2020) for the same purpose; a and d are rates, b is in 1 / time^(1/3)
and c in 1 / time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studies.errors import GoldenError
from studies.late_scipy import least_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy.optimize import OptimizeResult

FEWEST = 5  # times: one more than the course has parameters
STEEPEST = 60.0  # of b and c over the whole time; beyond, the first moment alone would be fitted
CLOSE = 1e-4  # to that bound, as a share of it
STARTS = 6  # best places of the grid from which the fit sets out
_GRID = np.array([-40.0, -20.0, -10.0, -5.0, -2.0, -0.5, 0.5, 2.0, 5.0, 10.0])
Floats = NDArray[np.float64]


class CourseError(GoldenError, ValueError):
    """A course that these rates do not determine; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Course:
    """a exp(b t^(1/3) + c t) + d.

    Attributes:
        a, d: in the unit of the rates.
        b: in 1 / time^(1/3).
        c: in 1 / time.
        deviation: root mean square of the residuals, in the unit of the rates.
    """

    a: float
    b: float
    c: float
    d: float
    deviation: float = 0.0

    def at(self, times: ArrayLike) -> Floats:
        """The rate at each time."""
        t = np.asarray(times, dtype=np.float64)
        found: Floats = self.a * np.exp(self.b * np.cbrt(t) + self.c * t) + self.d
        return found


def fit_course(times: ArrayLike, rates: ArrayLike) -> Course:
    """The course with the least sum of squared residuals.

    For given b and c the course is linear in a and d, so the search is over b and c alone, from several places.

    Args:
        times: (n,) not negative, in any unit and order, five of them different.
        rates: (n,) the rate at each time.

    Raises:
        CourseError: lists of different length, too few times, a number that is not finite, a negative time, rates that
            are all equal, or a fit that does not converge.
    """
    t, y = np.asarray(times, dtype=np.float64), np.asarray(rates, dtype=np.float64)
    _check(t, y)
    span, height = float(t.max()), float(np.ptp(y))
    x, z = t / span, (y - y.mean()) / height
    best = min(_searches(x, z), key=lambda found: float(found.cost))
    b, c = (float(value) for value in best.x)
    if not best.success or max(abs(b), abs(c)) > (1.0 - CLOSE) * STEEPEST:
        raise CourseError(
            "the course a exp(b t^(1/3) + c t) + d does not converge on these rates: they change at one end alone, or "
            "do not follow it; give more times where they change, or state the rates themselves as a table"
        )
    a, d = _linear(x, z, b, c)
    a /= float(np.exp((b * np.cbrt(x) + c * x).max()))  # `_shape` has its largest value at 1
    deviation = height * float(np.sqrt(2.0 * best.cost / len(z)))
    return Course(a * height, b / np.cbrt(span), c / span, d * height + float(y.mean()), deviation)


def _check(t: Floats, y: Floats) -> None:
    if t.ndim != 1 or t.shape != y.shape:
        raise CourseError(f"`times` and `rates` must be two lists of one length, got {t.shape} and {y.shape}")
    if not (np.isfinite(t).all() and np.isfinite(y).all()):
        raise CourseError("`times` and `rates` must be finite numbers; leave out what is not")
    if (t < 0.0).any():
        raise CourseError(f"`times` must not be negative, got {t.min():g}; count them from the start of the training")
    if len(np.unique(t)) < FEWEST:
        raise CourseError(f"`times` must hold {FEWEST} different times or more, got {len(np.unique(t))}; measure more")
    if np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise CourseError(f"`rates` are all {y[0]:g}, which any course has at a = 0; use that rate throughout")


def _searches(x: Floats, z: Floats) -> list[OptimizeResult]:
    """Searches for (b, c) from the best places of a grid."""

    def residuals(place: Floats) -> Floats:
        b, c = place
        a, d = _linear(x, z, b, c)
        found: Floats = a * _shape(x, b, c) + d - z
        return found

    grid = [np.array([b, c]) for b in _GRID for c in _GRID]
    starts = sorted(grid, key=lambda place: float(np.square(residuals(place)).sum()))[:STARTS]
    accuracy = {"xtol": 1e-14, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 500}
    return [
        least_squares(residuals, start, jac="3-point", bounds=(-STEEPEST, STEEPEST), **accuracy) for start in starts
    ]


def _shape(x: Floats, b: float, c: float) -> Floats:
    """exp(b x^(1/3) + c x), its largest value 1 wherever it lies, so that a and d stay well determined."""
    exponent = b * np.cbrt(x) + c * x
    found: Floats = np.exp(exponent - exponent.max())
    return found


def _linear(x: Floats, z: Floats, b: float, c: float) -> tuple[float, float]:
    """The best a and d for b and c."""
    columns = np.stack([_shape(x, b, c), np.ones_like(x)], axis=1)
    (a, d), *_ = np.linalg.lstsq(columns, z, rcond=None)
    return float(a), float(d)
