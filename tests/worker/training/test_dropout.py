"""Dropout's masks: as many as asked for, from the lane's own seed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from worker.training.dropout import Dropout, seed_dropouts


def test_what_is_kept_keeps_the_mean() -> None:
    dropout = Dropout(0.3)
    dropout.seed(1)
    out = dropout(torch.ones(1000, 100))
    assert abs(float((out == 0).double().mean()) - 0.3) < 0.01
    torch.testing.assert_close(out.max(), torch.tensor(1 / 0.7))
    assert abs(float(out.mean()) - 1.0) < 0.01


def test_masks_follow_the_seed_and_change_from_step_to_step() -> None:
    inputs = torch.ones(20, 20)

    def masks(seed: int) -> list[torch.Tensor]:
        dropout = Dropout(0.5)
        dropout.seed(seed)
        torch.rand(7)  # the common generator is not asked
        return [dropout(inputs) for _ in range(3)]

    first = masks(1)
    assert all(torch.equal(one, again) for one, again in zip(first, masks(1), strict=True))
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], masks(2)[0])


def test_masks_are_the_same_in_either_precision() -> None:
    found = []
    for dtype in (torch.float32, torch.float64):
        dropout = Dropout(0.5)
        dropout.seed(3)
        found.append(dropout(torch.ones(50, dtype=dtype)) == 0)
    assert torch.equal(found[0], found[1])


def test_nothing_is_dropped_in_evaluation_or_at_a_share_of_0() -> None:
    inputs = torch.rand(5, 5)
    assert torch.equal(Dropout(0.5).eval()(inputs), inputs)
    assert torch.equal(Dropout(0.0)(inputs), inputs)


def test_the_dropouts_of_a_module_have_seeds_of_their_own() -> None:
    module = nn.Sequential(Dropout(0.5), nn.Identity(), Dropout(0.5))
    seed_dropouts(module, 2**63 - 1)
    inputs = torch.ones(100)
    assert not torch.equal(module[0](inputs), module[2](inputs))


@pytest.mark.parametrize("share", [-0.1, 1.0, 2.0])
def test_a_share_that_cannot_be_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="dropout"):
        Dropout(share)


def test_without_a_seed_nothing_trains() -> None:
    with pytest.raises(RuntimeError, match="seed"):
        Dropout(0.5)(torch.ones(3))
