"""Rules on the compiled gradients: the order of a row's numbers, and lanes that stop where their loss breaks."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from worker.training.lanes import Lane, Setup
from worker.training.native.build import library
from worker.training.native.lanes import Kernels
from worker.training.native.rule_steps import RuleSteps
from worker.training.networks import build_network, initial_parameters
from worker.training.rules import norm


def kernels(shape: tuple[int, int, int]) -> Kernels:
    compiled = library()
    if compiled is None:
        pytest.skip("no C++ compiler: training goes through torch")
    return Kernels(compiled, build_network("fig3", shape, 10), torch.float64)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7), (1, 28, 28)])
def test_norms_over_units_are_those_of_the_unpacked_parameters(shape: tuple[int, int, int]) -> None:
    functions = kernels(shape)
    parameters = initial_parameters(build_network("fig3", shape, 10), 5)
    row = functions.pack(parameters).unsqueeze(0)
    parts = {part.name: part for part in functions.layout.parts}
    assert set(parts) == set(parameters)
    for name, part in parts.items():
        torch.testing.assert_close(norm(part.flat(row)).flatten(), parameters[name].norm().view(1))
        if part.kind == "matrix":
            incoming, outgoing = norm(part.of(row), part.ins), norm(part.of(row), part.outs)
            torch.testing.assert_close(incoming.flatten(), parameters[name].norm(dim=1))
            found = outgoing.flatten()
            expected = parameters[name].norm(dim=0)
            torch.testing.assert_close(found[found > 0].sort().values, expected[expected > 0].sort().values)


def test_no_two_parameters_share_a_number() -> None:
    layout = kernels((1, 8, 8)).layout
    spans = sorted((part.start, part.stop) for part in layout.parts)
    assert all(stop <= start for (_, stop), (start, _) in itertools.pairwise(spans))
    assert [part.stop - part.start for part in layout.parts] == [math.prod(part.shape) for part in layout.parts]


def test_a_lane_stops_at_its_first_loss_that_is_not_finite() -> None:
    layout = kernels((1, 8, 8)).layout
    weights = torch.zeros(2, max(part.stop for part in layout.parts))
    lanes = RuleSteps([Lane(0.5, 0.0, "sse", 0), Lane(0.25, 0.0, "sse", 1)], Setup(update_rule="sgd"), weights, layout)
    seen: list[int] = []

    def slope(step: int, row: Tensor, gradient: Tensor) -> float:
        seen.append(step)
        gradient.fill_(1.0)
        return math.nan if step == 2 else 1.0

    lanes.train(1, 10, slope)
    assert seen == [0, 1, 2]
    assert (weights[1] + 0.75).abs().max() < 1e-3, "three steps; the decay is small"
    assert not weights[0].any(), "the other lane has not moved"
