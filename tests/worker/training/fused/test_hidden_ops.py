"""The hidden layer's kernels, in Triton's interpreter on the CPU, against torch's products."""

from __future__ import annotations

import dataclasses
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from fused_cases import written_by
from hidden_cases import LEFT_OUT, SCRIPT, SHAPES, SOUND, WITH_NAN, by_torch, given
from torch import Tensor

from worker.training.fused import hidden_ops as ops
from worker.training.lanes import Setup
from worker.training.networks import build_network

WITH_TRITON = pytest.mark.skipif(
    find_spec("triton") is None,
    reason="no Triton, so the hidden layer's kernels are NOT tested: pip install 'golden-study[gpu]'",
)
BOUND = {ops.EXACT: 2e-6, ops.ROUNDED: 2.0**-10}  # relative to the largest number; TF32's own step


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return written_by(SCRIPT, tmp_path_factory.mktemp("hidden"))


@WITH_TRITON
@pytest.mark.parametrize("name", SHAPES)
def test_logits_and_gradients_are_torch_s(interpreted: dict[str, Any], name: str) -> None:
    shape = SHAPES[name]
    for found, expected in zip(interpreted["kernels"][name]["once"], by_torch(given(shape), shape), strict=True):
        assert gap(found[SOUND], expected[SOUND]) <= BOUND[shape.precision]


@WITH_TRITON
@pytest.mark.parametrize("name", SHAPES)
def test_a_second_chunk_is_added(interpreted: dict[str, Any], name: str) -> None:
    once, twice = interpreted["kernels"][name]["once"][1:], interpreted["kernels"][name]["twice"]
    for one, two in zip(once, twice, strict=True):
        assert gap(two[SOUND], 2.0 * one[SOUND]) <= 1e-6


@WITH_TRITON
@pytest.mark.parametrize("name", SHAPES)
def test_a_lane_with_nan_keeps_it_to_itself_and_one_left_out_is_not_touched(
    interpreted: dict[str, Any], name: str
) -> None:
    logits, of_last, of_first = interpreted["kernels"][name]["once"]
    assert all(found[SOUND].isfinite().all() for found in (logits, of_last, of_first))
    assert logits[WITH_NAN].isnan().any() and of_last[WITH_NAN].isnan().any()
    assert of_last[LEFT_OUT].isnan().all(), "as it was"
    assert (logits[LEFT_OUT] == 7.0 * ops.forward_parts(SHAPES[name].positions)).all(), "as its parts were"
    assert (of_first[LEFT_OUT] == 7.0 * ops.backward_parts(SHAPES[name].positions)).all()


@pytest.mark.parametrize("positions", [1, 2, 16, 35, 36, 37, 48, 49, 576, 784])
@pytest.mark.parametrize("most", [ops.FORWARD_PARTS, ops.BACKWARD_PARTS])
def test_every_position_lies_in_one_part(positions: int, most: int) -> None:
    parts, size = ops.parts_of(positions, most)
    assert parts <= most
    assert (parts - 1) * size < positions <= parts * size, "and none is empty"


@pytest.mark.parametrize("n", [1, 16, 17, 32, 48, 128, 160, 10_000])
@pytest.mark.parametrize("warps", [ops.FORWARD, ops.BACKWARD], ids=["forward", "backward"])
def test_blocks_are_powers_of_two_that_a_tensor_core_takes(n: int, warps: dict[int, int]) -> None:
    shape = ops.blocks(n, warps, 20, 26, 10)
    assert shape["BLOCK_N"] in warps and (shape["BLOCK_N"] >= n or shape["BLOCK_N"] == max(warps))
    assert (shape["BLOCK_C"], shape["BLOCK_T"], shape["BLOCK_K"]) == (32, 32, 16)


@pytest.mark.parametrize(
    ("settings", "dtype", "suited"),
    [
        ({}, torch.float32, True),
        ({"precision": "tf32"}, torch.float32, True),
        ({"precision": "bf16"}, torch.float32, False),
        ({}, torch.float64, False),
        ({"network": "mlp"}, torch.float32, False),
        ({"network": "softmax"}, torch.float32, False),
        ({"backward_rule": "feedback_alignment"}, torch.float32, False),
    ],
    ids=str,
)
def test_they_take_patches_under_backpropagation_in_float32(
    settings: dict[str, Any], dtype: torch.dtype, suited: bool
) -> None:
    setup = Setup(**settings)
    network = build_network(setup.network, (1, 28, 28), 10)
    assert ops.suits(network, setup, dtype) == suited


def test_many_classes_channels_and_colours_stay_with_torch() -> None:
    network = build_network("fig3", (1, 28, 28), 10)
    for hidden, suited in ((32, True), (33, False)):
        assert ops.suits(dataclasses.replace(network, hidden=hidden), Setup(), torch.float32) == suited
    assert not ops.suits(build_network("fig3", (1, 28, 28), 17), Setup(), torch.float32)
    assert not ops.suits(build_network("fig3", (3, 28, 28), 10), Setup(), torch.float32)


def gap(found: Tensor, expected: Tensor) -> float:
    """Largest difference, relative to the largest number."""
    return float((found - expected).abs().max() / expected.abs().max())
