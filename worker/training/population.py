"""Batch norm's statistics over a whole training fold, for a module whose first layer alone is followed by one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def use_population_statistics(module: nn.Module, images: Tensor) -> None:
    """Sets batch norm's statistics to the mean and population variance over all training images, as in `evaluate.py`.

    Args:
        module: with a convolution `first` and a batch norm `norm`; any other stays as it is.
        images: of the training fold.
    """
    norm = getattr(module, "norm", None)
    if not isinstance(norm, nn.BatchNorm2d):
        return
    first = module.get_submodule("first")
    count = 0
    total = images.new_zeros(norm.num_features, dtype=torch.float64)
    squares = torch.zeros_like(total)
    for part in torch.split(images, 512):
        outputs = first(part).double()
        count += outputs.numel() // outputs.shape[1]
        total += outputs.sum(dim=(0, 2, 3))
        squares += outputs.square().sum(dim=(0, 2, 3))
    mean = total / count
    norm.get_buffer("running_mean").copy_(mean)
    norm.get_buffer("running_var").copy_(squares / count - mean.square())
