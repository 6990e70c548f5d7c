"""Rates that follow from measurements: eta of each lane and layer, moved after each epoch.

Everything here is on the host, between two epochs. A lane's course is its own: nothing in it depends on another lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.training import schedules
from worker.training.information import entropy, information
from worker.training.lanes import Lane, Setup
from worker.training.networks import Network
from worker.training.rates import LAST

Codes = NDArray[np.int64]  # (L, layers, n) code of each held-back image; of dropped lanes undefined
Rates = NDArray[np.float64]  # (L, layers)
ALL = "all"  # the one layer of a schedule that has one rate for all parameters


def by_layer(setup: Setup) -> bool:
    """True where the schedule has a rate for each layer."""
    if schedules.measured(setup.schedule) is None:
        return False
    return schedules.own_values(setup.schedule, setup.schedule_settings)["layers"] == "each"


def layers_of(network: Network, setup: Setup) -> tuple[str, ...]:
    """The layers that have a rate of their own, from the image on; (ALL,) where there is one rate."""
    if not by_layer(setup):
        return (ALL,)
    return ("first", LAST) if network.hidden else (LAST,)


def first_rates(lanes: Sequence[Lane], setup: Setup, network: Network) -> Rates | None:
    """(L, layers) eta of the first epoch; None for a schedule that measures nothing."""
    schedule = schedules.measured(setup.schedule)
    if schedule is None:
        return None
    share = schedule.start(schedules.own_values(setup.schedule, setup.schedule_settings)).share
    etas = np.array([lane.eta for lane in lanes], dtype=np.float64)
    return np.repeat(share * etas[:, np.newaxis], len(layers_of(network, setup)), axis=1)


class Courses:
    """The courses of a stack's lanes."""

    def __init__(
        self, schedule: schedules.Measured, lanes: Sequence[Lane], setup: Setup, network: Network, labels: Codes
    ) -> None:
        """Starts all of them.

        Args:
            schedule: that measures.
            lanes: of the stack.
            setup: gives the schedule's parameters.
            network: of every lane.
            labels: (n,) of the images held back.
        """
        self._schedule, self._labels, self._entropy = schedule, labels, entropy(labels)
        self._own: dict[str, Any] = schedules.own_values(setup.schedule, setup.schedule_settings)
        self._lanes = lanes
        self.layers = layers_of(network, setup)
        self._courses = [[schedule.start(self._own)] * len(self.layers) for _ in lanes]

    @property
    def eta(self) -> Rates:
        """(L, layers) eta of the epoch that is due."""
        rows = [
            [lane.eta * course.share for course in own] for lane, own in zip(self._lanes, self._courses, strict=True)
        ]
        return np.array(rows, dtype=np.float64)

    def after_epoch(self, codes: Codes, living: Iterable[int]) -> Rates:
        """Moves the courses of the living lanes; returns eta of the next epoch, as `eta`."""
        for number in living:
            self._courses[number] = [
                self._schedule.after_epoch(course, information(code, self._labels), self._entropy, self._own)
                for course, code in zip(self._courses[number], codes[number], strict=True)
            ]
        return self.eta
