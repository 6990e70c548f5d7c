"""eta by epoch."""

from __future__ import annotations

from typing import Any

import pytest

from worker.training import schedules
from worker.training.lanes import Setup
from worker.training.rates import Length
from worker.training.schedules import table
from worker.training.timetable import check


def own(**stated: object) -> dict[str, Any]:
    return {**table.NUMBERS, **stated}


def test_each_epoch_has_its_share_and_later_ones_are_ignored() -> None:
    rates = table.table(Length(6, 2), 0.5, 0.9, own(shares=(0.5, 2.0, 0.0, 7.0)))
    assert rates.eta.tolist() == [0.25, 0.25, 1.0, 1.0, 0.0, 0.0]
    assert rates.alpha.tolist() == [0.9] * 6
    assert rates.layers == {}


def test_a_layer_with_shares_of_its_own_has_those() -> None:
    rates = table.table(Length(2, 1), 0.5, 0.9, own(shares=(0.5, 1.0), last=(2.0, 4.0, 9.0)))
    assert rates.eta.tolist() == [0.25, 0.5]
    assert {layer: found.tolist() for layer, found in rates.layers.items()} == {"last": [1.0, 2.0]}


def test_an_epoch_is_cut_into_parts() -> None:
    """Five steps in two parts: the third one begins in the first."""
    rates = table.table(Length(10, 5), 1.0, 0.9, own(shares=(1.0, 2.0, 3.0, 4.0), per_epoch=2.0))
    assert rates.eta.tolist() == [1.0] * 3 + [2.0] * 2 + [3.0] * 3 + [4.0] * 2


def test_parts_shorter_than_a_step_are_passed_over() -> None:
    rates = table.table(Length(2, 1), 1.0, 0.9, own(shares=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), per_epoch=3.0))
    assert rates.eta.tolist() == [1.0, 4.0]


def test_without_shares_eta_stays() -> None:
    rates = table.table(Length(3, 1), 0.5, 0.9, own())
    assert (rates.eta.tolist(), rates.layers) == ([0.5] * 3, {})


def test_a_table_shorter_than_the_training_is_refused() -> None:
    setup = Setup(schedule="table", schedule_settings=(("shares", (1.0, 0.5)),), epochs=3)
    with pytest.raises(ValueError, match="`shares` must have a number for each epoch: it has 2 for 3"):
        check(setup, 200)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((1.0, -0.5), "`shares` must not be negative, got -0.5"),
        ((1.0, float("inf")), "must be a row of finite numbers"),
        ((1.0, True), "must be a row of finite numbers"),
        (0.5, "`shares` of the schedule table must be a row of finite numbers, got 0.5"),
    ],
)
def test_what_is_no_table_is_refused(shares: float | tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        schedules.own_values("table", (("shares", shares),))


@pytest.mark.parametrize("per_epoch", [0.0, -1.0, 1.5, (2.0,)])
def test_parts_of_an_epoch_are_a_whole_number(per_epoch: object) -> None:
    with pytest.raises(ValueError, match="`per_epoch` must be a whole number"):
        table.table(Length(4, 2), 1.0, 0.9, own(per_epoch=per_epoch))


def test_the_row_of_a_layer_that_is_shorter_than_the_training_is_refused() -> None:
    setup = Setup(schedule="table", schedule_settings=(("first", (1.0, 0.5)), ("per_epoch", 2.0)), epochs=2)
    with pytest.raises(ValueError, match="`first` must have a number for each part of an epoch: it has 2 for 4"):
        check(setup, 200)
