"""Rates on the device: rows by position, and lanes that are stopped."""

from __future__ import annotations

import pytest
import torch

from worker.training.lanes import Lane, Setup
from worker.training.rates import Length
from worker.training.timetable import Timetable, check, length_of, numbers_per_lane, rates_of

SETUP = Setup(schedule="anneal_eta", schedule_settings=(("end", 0.0), ("share", 1.0)), epochs=2, batch_size=50)
LANES = [Lane(1.0, 0.5, "sse", 0), Lane(3.0, 0.9, "sse", 1)]


@pytest.mark.parametrize(("drop_last", "expected"), [(True, Length(8, 4)), (False, Length(10, 5))])
def test_the_length_counts_the_last_partial_batch_unless_it_is_dropped(drop_last: bool, expected: Length) -> None:
    assert length_of(Setup(epochs=2, batch_size=50, drop_last=drop_last), 201) == expected


def test_only_schedules_that_move_take_memory() -> None:
    assert numbers_per_lane(SETUP, 200) == 16
    assert numbers_per_lane(Setup(), 200) == 0


def test_a_lane_has_the_rates_of_its_schedule_and_its_settings() -> None:
    assert rates_of(LANES[1], SETUP, Length(4, 2)).eta.tolist() == [3.0, 2.0, 1.0, 0.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_step_takes_the_row_of_its_position_in_place(dtype: torch.dtype) -> None:
    position = torch.zeros(1, dtype=torch.int64)
    table = Timetable(LANES, SETUP, Length(4, 2), position, torch.empty(0, dtype=dtype))
    eta, alpha = torch.full((2, 1), 9.0, dtype=dtype), torch.full((2, 1), 9.0, dtype=dtype)
    address = eta.data_ptr()
    found = []
    for _ in range(4):
        table.put(eta, alpha)
        found.append(eta.flatten().tolist())
        assert alpha.flatten().tolist() == pytest.approx([0.5, 0.9])
        position.add_(1)
    assert found == [pytest.approx(row) for row in ([1.0, 3.0], [2 / 3, 2.0], [1 / 3, 1.0], [0.0, 0.0])]
    assert eta.data_ptr() == address


def test_a_stopped_lane_has_no_rate_in_any_later_step() -> None:
    table = Timetable(LANES, SETUP, Length(4, 2), torch.tensor([1]), torch.empty(0))
    table.freeze(torch.tensor([True, False]))
    eta, alpha = torch.ones(2, 1), torch.ones(2, 1)
    table.put(eta, alpha)
    assert eta.flatten().tolist() == [0.0, 2.0]


def test_layers_apart_are_for_networks_that_have_the_two() -> None:
    settings = (("last", (1.0,) * 30),)
    check(Setup(schedule="table", schedule_settings=settings, network="softmax"), 200)
    with pytest.raises(ValueError, match="deep takes one rate for all its layers, got last"):
        check(Setup(schedule="table", schedule_settings=settings, network="deep"), 200)
