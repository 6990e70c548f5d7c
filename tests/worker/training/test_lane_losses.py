"""Lanes of different losses, taken together, have the bits that each has among lanes of its own loss."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch

from worker.training import losses
from worker.training.lane_losses import LaneLosses
from worker.training.lanes import LOSSES, Lane

COMPANIES = [names for size in range(1, 6) for names in combinations(LOSSES, size)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_each_lane_has_the_bits_of_its_loss_alone(dtype: torch.dtype) -> None:
    """Two lanes of each loss, the second of which diverges; every company that five losses can form."""
    generator = torch.Generator().manual_seed(4)
    is_true = torch.nn.functional.one_hot(torch.arange(32) % 10, 10).T.bool().contiguous()
    is_true[:, 30:] = False  # padding
    calm = 4.0 * torch.randn(10, 32, generator=generator, dtype=dtype)
    wild = calm.clone()
    wild[3, :20] = torch.inf
    wild[5, 7] = torch.nan
    alone = {}
    for loss in LOSSES:
        values, gradient = losses.values_and_gradient(loss, torch.stack([calm]), is_true, class_dim=-2)
        alone[loss] = (values[0], gradient[0])
    for names in COMPANIES:
        lanes = [Lane(0.1, 0.5, name, seed) for name in names for seed in range(2)]
        together = LaneLosses(lanes, calm)
        values, gradient = together.values_and_gradient(torch.stack([calm, wild] * len(names)), is_true)
        for number, name in enumerate(names):
            assert torch.equal(values[2 * number], alone[name][0]), names
            assert torch.equal(gradient[2 * number], alone[name][1]), names
            assert values[2 * number + 1, :20].isnan().all()


def test_lanes_in_another_order_are_refused() -> None:
    lanes = [Lane(0.1, 0.5, loss, 0) for loss in ("golden", "sse")]
    with pytest.raises(ValueError, match="`lanes`"):
        LaneLosses(lanes, torch.zeros(0))
