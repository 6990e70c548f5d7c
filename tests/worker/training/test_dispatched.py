"""The watch over an epoch's calls finds what it is there for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from dispatched import Calls, NothingFromPython
from torch import Tensor

CROSSINGS: dict[str, Callable[[Tensor], object]] = {
    "a number read": lambda x: float(x[0]),
    "a choice by a number": lambda x: bool((x > 0).any()),
    "a comparison": lambda x: torch.equal(x, x),
    "a choice of elements": lambda x: x[x > 0],
    "where": lambda x: torch.nonzero(x),
    "a list": lambda x: x.tolist(),
    "a copy to the host": lambda x: x.cpu(),
    "a copy to the device": lambda x: torch.zeros(2).to(x.device),
    "a copy into the device's": lambda x: x.copy_(torch.zeros(2)),
    "a tensor of the host's as a number": lambda x: x.mul_(torch.tensor(2.0)),
    "numbers like a tensor": lambda x: x.new_tensor([1.0, 2.0]),
    "numbers as a tensor": lambda x: torch.as_tensor([1.0], device=x.device),
    "numbers on the device": lambda x: torch.tensor(1.0, device=x.device),
}


@pytest.mark.parametrize("name", CROSSINGS)
def test_what_crosses_between_host_and_device_is_found(name: str) -> None:
    x = torch.zeros(2, device="meta")
    with pytest.raises((AssertionError, RuntimeError, NotImplementedError)), NothingFromPython(), Calls():
        CROSSINGS[name](x)


def test_a_number_of_python_s_that_changes_shows_in_the_calls() -> None:
    x = torch.zeros(2, device="meta")
    lines = []
    for step in (1, 2):
        with NothingFromPython(), Calls() as calls:
            x.mul_(0.9).add_(x, alpha=0.5**step)
        lines.append(calls.lines)
    assert len(lines[0]) == 2
    assert lines[0] != lines[1]


def test_work_on_the_host_alone_is_not_watched() -> None:
    with NothingFromPython(), Calls() as calls:
        assert float(torch.tensor([1.0, 2.0]).sum()) == 3.0
    assert calls.lines == []
