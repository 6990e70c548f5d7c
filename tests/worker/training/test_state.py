"""Rows of lanes: the layout of their parameters, and the state that follows them."""

from __future__ import annotations

import pytest
import torch

from worker.training.lanes import NETWORKS, Lane
from worker.training.networks import build_network
from worker.training.rules import names, rule
from worker.training.state import ALIGNMENT, LaneState, Parameters, layout_of

SHAPE = (1, 8, 8)


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_views_of_one_row_and_aligned(name: str) -> None:
    network = build_network(name, SHAPE, 10)
    parameters = Parameters.zeros(network, 3, torch.empty(0))
    assert {key: view.shape[1:] for key, view in parameters.views.items()} == {
        key: torch.Size(shape) for key, shape in network.parameter_shapes.items()
    }
    assert parameters.flat.shape[1] % ALIGNMENT == 0
    for view in parameters.views.values():
        assert view.storage_offset() % ALIGNMENT == 0
        view.fill_(1.0)
    expected = 3 * sum(torch.Size(shape).numel() for shape in network.parameter_shapes.values())
    assert parameters.flat.sum() == expected, "no two share a number"


def numbered_state(name: str, lanes: int, offset: int = 0) -> LaneState:
    """Lanes whose weights, buffers and scalars all hold their number."""
    network = build_network("fig3", SHAPE, 10)
    weights = Parameters.zeros(network, lanes, torch.empty(0)).flat
    state = LaneState.start(
        [Lane(0.1, 0.5, "sse", offset + n) for n in range(lanes)], weights, rule(name), layout_of(network)
    )
    for tensor in tensors_of(state):
        assert not tensor.any(), "it starts at zero"
        tensor += offset + torch.arange(lanes).unsqueeze(1)
    return state


def tensors_of(state: LaneState) -> list[torch.Tensor]:
    return [state.weights, *state.buffers.values(), *state.scalars.values()]


@pytest.mark.parametrize("name", names())
def test_all_that_a_rule_keeps_follows_its_lanes(name: str) -> None:
    whole = LaneState.joined([numbered_state(name, 3), numbered_state(name, 2, offset=3)])
    picked = whole.select([4, 0, 4])
    assert [lane.init_seed for lane in picked.lanes] == [4, 0, 4]
    assert len(tensors_of(picked)) == 1 + len(rule(name).BUFFERS) + len(rule(name).SCALARS)
    for tensor in tensors_of(picked):
        assert tensor[:, 0].tolist() == tensor[:, -1].tolist() == [4.0, 0.0, 4.0]
        tensor.zero_()
    assert all(tensor[4].all() for tensor in tensors_of(whole)), "they are copies"


@pytest.mark.parametrize("name", names())
def test_a_frozen_lane_is_zero_in_all_that_is_kept(name: str) -> None:
    state = numbered_state(name, 3, offset=1)
    state.freeze(torch.tensor([False, True, False]))
    for tensor in tensors_of(state):
        assert tensor[:, 0].tolist() == [1.0, 0.0, 3.0]
        assert not tensor[1].any()


def test_numbers_per_tensor_have_a_column_for_each_parameter() -> None:
    assert numbered_state("yamadam", 2).scalars["beta"].shape == (2, 5)
    assert numbered_state("adam", 2).scalars["steps"].shape == (2, 1)
