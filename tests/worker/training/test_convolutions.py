"""What is stated of cuDNN while modules train, and what is not."""

from __future__ import annotations

import pytest
import torch

from worker.training.convolutions import exact_convolutions

cudnn = torch.backends.cudnn


def stated() -> tuple[str, bool, bool]:
    return cudnn.conv.fp32_precision, cudnn.deterministic, cudnn.benchmark


def test_on_cuda_they_are_exact_and_repeat_their_bits_and_after_it_all_is_as_before() -> None:
    before = stated()
    with pytest.raises(KeyError), exact_convolutions(torch.device("cuda")):
        assert stated() == ("ieee", True, False)
        raise KeyError
    assert stated() == before


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_elsewhere_nothing_changes(device: str) -> None:
    before = stated()
    with exact_convolutions(torch.device(device)):
        assert stated() == before
