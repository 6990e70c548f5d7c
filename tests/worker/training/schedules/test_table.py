"""eta by epoch."""

from __future__ import annotations

import pytest

from worker.training import schedules
from worker.training.lanes import Setup
from worker.training.rates import Length
from worker.training.schedules import table
from worker.training.timetable import check


def test_each_epoch_has_its_share_and_later_ones_are_ignored() -> None:
    rates = table.table(Length(6, 2), 0.5, 0.9, {"shares": (0.5, 2.0, 0.0, 7.0)})
    assert rates.eta.tolist() == [0.25, 0.25, 1.0, 1.0, 0.0, 0.0]
    assert rates.alpha.tolist() == [0.9] * 6


def test_a_table_shorter_than_the_training_is_refused() -> None:
    setup = Setup(schedule="table", schedule_settings=(("shares", (1.0, 0.5)),), epochs=3)
    with pytest.raises(ValueError, match="`shares` must have a number for each epoch: it has 2 for 3"):
        check(setup, 200)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((), "has 0 for 1"),
        ((1.0, -0.5), "`shares` must not be negative, got -0.5"),
        ((1.0, float("inf")), "must be a row of finite numbers"),
        ((1.0, True), "must be a row of finite numbers"),
        (0.5, "`shares` of the schedule table must be a row of finite numbers, got 0.5"),
    ],
)
def test_what_is_no_table_is_refused(shares: float | tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        schedules.own_values("table", (("shares", shares),))
