"""Whole trainings without activations, in Triton's interpreter, against the tile that keeps them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from fused_cases import WILD, written_by
from hidden_cases import LANES, SCRIPT, trained
from torch import Tensor

pytestmark = pytest.mark.skipif(
    find_spec("triton") is None,
    reason="no Triton, so tiles that recompute are NOT tested: pip install 'golden-study[gpu]'",
)
# Relative to the largest weight of a parameter: of the number that differs most, where one rounding may carry an
# activation across the ReLU's corner, and of the middle one.
LARGEST, MIDDLE = 2e-2, 5e-6


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return written_by(SCRIPT, tmp_path_factory.mktemp("recomputing"))


def test_trainings_are_those_of_the_tile_that_keeps_activations(interpreted: dict[str, Any]) -> None:
    """An odd last minibatch among them; the lane that diverges does so in both."""
    found, weights, _ = interpreted["together"]
    expected, expected_weights, _ = trained(LANES, fused=False)
    torch.testing.assert_close(found[:, :WILD], expected[:, :WILD], rtol=1e-5, atol=0.0)
    for own, others in zip(weights[:WILD], expected_weights[:WILD], strict=True):
        for name, value in own.items():
            apart = (value - others[name]).abs() / others[name].abs().max()
            assert apart.max() <= LARGEST and apart.median() <= MIDDLE, name
    assert not torch.isfinite(found[-1, WILD]) and not torch.isfinite(expected[-1, WILD])


def test_a_lane_has_the_same_bits_alone_where_the_rest_of_its_tile_is_left_out(interpreted: dict[str, Any]) -> None:
    together, weights, _ = interpreted["together"]
    alone, (own,), _ = interpreted["alone"]
    assert torch.equal(together[:, 2], alone[:, 0])
    assert all(torch.equal(weights[2][name], value) for name, value in own.items())


def test_where_a_layer_s_outputs_are_asked_for_they_are_kept(interpreted: dict[str, Any]) -> None:
    logits: tuple[Tensor, Tensor] = interpreted["together"][2]
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-4, atol=1e-5)
