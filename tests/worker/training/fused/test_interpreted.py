"""The kernels' arithmetic, in Triton's interpreter on the CPU, against torch's operations."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from fused_cases import SCRIPT, TRAINED, TRAININGS, WILD, loss_cases, trained, written_by
from torch import Tensor

from worker.training import losses

# Of a loss, relative; of a logit gradient and its sums, absolute, for one image. Both are what torch's own operations
# differ by from more exact ones. Where a softmax is saturated, a gap is noise of the size of a rounding, and a gap's
# share of a gradient goes as gap^0.707 (`test_losses.py`).
VALUE = {torch.float32: 2e-5, torch.float64: 1e-12}
SLOPE = {dtype: 3 * torch.finfo(dtype).eps ** 0.7 for dtype in VALUE}

pytestmark = pytest.mark.skipif(
    find_spec("triton") is None,
    reason="no Triton, so the fused kernels are NOT tested: pip install 'golden-study[gpu]'",
)


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return written_by(SCRIPT, tmp_path_factory.mktemp("fused"))


@pytest.mark.parametrize("name", [name for name, _ in loss_cases()])
def test_loss_and_gradient_are_torch_s(interpreted: dict[str, Any], name: str) -> None:
    case = dict(loss_cases())[name]
    gradient, total, bias, twice, bias_twice = interpreted["losses"][name]
    images = float((case.share > 0).sum())
    for lane, loss in enumerate(case.losses):
        values, slope = losses.values_and_gradient(loss, case.logits[lane], case.is_true, class_dim=-2)
        expected = (values * case.share).sum()
        weighted = slope * case.share
        bounds = {"rtol": 0.0, "equal_nan": True}
        tolerance = SLOPE[case.share.dtype]
        torch.testing.assert_close(total[lane], expected, rtol=VALUE[case.share.dtype], atol=1e-30, equal_nan=True)
        torch.testing.assert_close(gradient[lane] * images, weighted * images, atol=tolerance, **bounds)
        torch.testing.assert_close(bias[lane], weighted.sum(dim=1), atol=tolerance, **bounds)
        torch.testing.assert_close(twice[lane], 2.0 * total[lane], rtol=1e-6, atol=0.0, equal_nan=True)
        torch.testing.assert_close(bias_twice[lane], 2.0 * bias[lane], rtol=1e-6, atol=1e-30, equal_nan=True)


@pytest.mark.parametrize("name", [name for name, _ in loss_cases()])
def test_infinity_and_nan_stay_in_their_lanes_and_padding_gives_nothing(interpreted: dict[str, Any], name: str) -> None:
    case = dict(loss_cases())[name]
    gradient, total, bias, *_ = interpreted["losses"][name]
    sound = [*range(WILD), WILD + 2]
    assert torch.isfinite(total[sound]).all() and torch.isfinite(gradient[sound]).all()
    assert torch.isfinite(bias[sound]).all()
    assert total[[WILD, WILD + 1]].isnan().all() and bias[[WILD, WILD + 1]].isnan().all()
    assert not gradient[sound][:, :, case.share == 0.0].any()


@pytest.mark.parametrize("network", TRAININGS)
def test_whole_trainings_are_torch_s(interpreted: dict[str, Any], network: str) -> None:
    """Steps, the odd last minibatch, padding lanes; the lane that diverges does so in both."""
    found, rows = interpreted["together"][network]
    expected, expected_rows = trained(network, TRAINED, fused=False)
    calm = slice(0, WILD)
    torch.testing.assert_close(found[:, calm], expected[:, calm], rtol=1e-9, atol=0.0)
    for row, other in zip(rows[:WILD], expected_rows[:WILD], strict=True):
        assert _gap(row, other) <= 1e-9
    assert not torch.isfinite(found[-1, WILD]) and not torch.isfinite(expected[-1, WILD])


def test_a_lane_has_the_same_bits_alone(interpreted: dict[str, Any]) -> None:
    together, rows = interpreted["together"]["fig3"]
    alone, (row,) = interpreted["alone"]
    assert torch.equal(together[:, 2], alone[:, 0])
    assert torch.equal(rows[2], row)


def _gap(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())
