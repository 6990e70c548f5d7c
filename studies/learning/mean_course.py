"""The mean course of a layer's learning rate over several runs, fitted by `course.py`, as numbers of a table.

DLR's mean rates are recorded with each run, at its start and at its looks. Their mean over the runs of an arm is what
the control of Li (2020) replays: gradient descent by the `table` schedule, whose numbers `shares` gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.learning.course import Course, CourseError, fit_course

DIGITS = 4  # significant ones of a table's numbers
Floats = NDArray[np.float64]
Recorded = Sequence[float | None]


@dataclass(frozen=True, slots=True, eq=False)
class MeanCourse:
    """The mean rate of a layer over time.

    Attributes:
        layer: "first" or "last".
        times: (n,) epochs trained, rising.
        rates: (n,) mean over the runs that still trained then.
        runs: all of them.
        course: fitted to the rates; None where the fit does not converge.
        fault: why it does not, in a sentence; "" where it does.
    """

    layer: str
    times: Floats
    rates: Floats
    runs: int
    course: Course | None
    fault: str = ""

    @property
    def fitted(self) -> Floats | None:
        """(n,) the fitted course at the times; None without a fit."""
        return None if self.course is None else self.course.at(self.times)

    def shares(self, epochs: int, per_epoch: int) -> tuple[float, ...]:
        """The numbers of a table: the rate in the middle of each part of each epoch, never below 0.

        Of the fitted course, which is held where it would turn after the last measured time: with c above 0 it falls,
        then rises without bound. Without a fit they are the measured rates, with lines between them, the last one held.

        Args:
            epochs: of the training that follows the table.
            per_epoch: parts of an epoch.
        """
        middles = (np.arange(epochs * per_epoch) + 0.5) / per_epoch
        rates = np.interp(middles, self.times, self.rates) if self.course is None else self._beyond(middles)
        return tuple(float(f"{max(0.0, rate):.{DIGITS}g}") for rate in rates)

    def _beyond(self, times: Floats) -> Floats:
        """(n,) the fitted course, held from where it turns beyond the last measured time."""
        assert self.course is not None
        last = float(self.times[-1])
        rates = self.course.at(times)
        before, there = self.course.at([0.99 * last, last])
        hold = np.minimum if there <= before else np.maximum
        after = times > last
        rates[after] = hold.accumulate(np.concatenate([[there], rates[after]]))[1:]
        return rates


def mean_course(layer: str, runs: Sequence[tuple[Recorded, Recorded]]) -> MeanCourse:
    """The mean over runs at each time that at least half of them reached, and its fit.

    Runs end at different times, where each has its target accuracy. A mean over the few that train longest would be
    theirs alone, so times that fewer than half of the runs reached are left out.

    Args:
        layer: whose rates they are.
        runs: of each run, the times and the rate at each; what was not measured is None.

    Raises:
        CourseError: no run has a rate.
    """
    measured: defaultdict[float, list[float]] = defaultdict(list)
    for own_times, own_rates in runs:
        for time, rate in zip(own_times, own_rates, strict=True):
            if time is not None and rate is not None:
                measured[time].append(rate)
    if not measured:
        raise CourseError("no run has recorded mean rates of its layers; train an arm by DLR, which records them")
    kept = sorted(time for time, rates in measured.items() if 2 * len(rates) >= len(runs))
    times, rates = np.array(kept), np.array([float(np.mean(measured[time])) for time in kept])
    try:
        return MeanCourse(layer, times, rates, len(runs), fit_course(times, rates))
    except CourseError as error:
        return MeanCourse(layer, times, rates, len(runs), None, str(error))


def parts_of_an_epoch(times: Sequence[float] | Floats) -> int:
    """Parts of an epoch that measurements at these times tell apart: their number in an epoch, at least 1."""
    steps = np.diff(np.asarray(times, dtype=np.float64))
    return max(1, round(1.0 / float(np.median(steps)))) if len(steps) else 1
