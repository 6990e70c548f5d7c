"""Convolutions of modules on a CUDA device: in float32, and by algorithms that give the same bits each time.

Left alone, cuDNN rounds their operands to TF32 and adds gradients up in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def exact_convolutions(device: torch.device) -> Iterator[None]:
    """States both for the work within; elsewhere than on CUDA nothing changes. One thread trains on a device."""
    if device.type != "cuda":
        yield
        return
    cudnn: Any = torch.backends.cudnn  # torch's types leave `conv` out
    before = (cudnn.conv.fp32_precision, cudnn.deterministic, cudnn.benchmark)
    cudnn.conv.fp32_precision, cudnn.deterministic, cudnn.benchmark = "ieee", True, False
    try:
        yield
    finally:
        cudnn.conv.fp32_precision, cudnn.deterministic, cudnn.benchmark = before
