"""Stacks that fit in memory, and the text of the error where none does."""

from __future__ import annotations

import pytest
import torch

from worker.training.memory import COPIES, CUDA_STACK, is_out_of_memory, lanes_that_fit
from worker.training.networks import build_network
from worker.training.state import Parameters

GIB = 1 << 30
PAPER = 115_792  # numbers in a row of the paper's network on 28x28 images


@pytest.mark.parametrize("buffers", [0, 1, 4])
@pytest.mark.parametrize("element_size", [4, 8])
def test_lanes_fill_half_the_free_memory(element_size: int, buffers: int) -> None:
    for free in (GIB, 2 * GIB):
        lanes = lanes_that_fit(free=free, parameters=PAPER, buffers=buffers, element_size=element_size)
        each = PAPER * element_size * (1 + buffers) * COPIES
        assert lanes == CUDA_STACK or lanes * each <= free / 2 < (lanes + 1) * each


def test_what_training_does_not_change_takes_room_as_well() -> None:
    for fixed in (0, 1000, PAPER):
        lanes = lanes_that_fit(free=GIB, parameters=PAPER, buffers=1, element_size=4, fixed=fixed)
        each = 4 * (2 * PAPER + fixed) * COPIES
        assert lanes * each <= GIB / 2 < (lanes + 1) * each


def test_a_row_of_the_papers_network_is_so_long() -> None:
    row = Parameters.zeros(build_network("fig3", (1, 28, 28), 10), 1, torch.empty(0)).flat
    assert row.numel() == PAPER


def test_twice_the_memory_holds_twice_the_lanes_up_to_the_widest_stack() -> None:
    small, large, huge = (lanes_that_fit(free=n * GIB, parameters=PAPER, buffers=1, element_size=4) for n in (1, 2, 80))
    assert (small, large, huge) == (193, 386, CUDA_STACK)


def test_tables_of_rates_take_memory_of_their_own() -> None:
    each = (2 * PAPER + 2 * 100_000) * 4 * COPIES
    lanes = lanes_that_fit(free=GIB, parameters=PAPER, buffers=1, element_size=4, fixed=2 * 100_000)
    assert lanes * each <= GIB / 2 < (lanes + 1) * each


def test_one_lane_is_tried_where_none_should_fit() -> None:
    assert lanes_that_fit(free=0, parameters=PAPER, buffers=1, element_size=4) == 1


def test_both_allocators_errors_are_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 55, dtype=torch.uint8)  # 32 PiB
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
