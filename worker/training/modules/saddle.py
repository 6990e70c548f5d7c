"""Products of two weights, started beside their saddle point. Loss 1/2 |a b / r - r x|^2, see `one_class.py`. Ours.

For images whose pixels have mean 1 the curvature at a = b = 0 is -1 along a = b and 1 along a = -b, and the minimum is
a b = r^2. There the curvature is 2 along a = b (for a = b = r) and 0 along the valley. Both weights start at `start`
times r, along the direction in which the saddle falls, so that every training starts at the same distance:

    a = r (start + left / r),  b = r (start + right / r)

with weights `left` and `right` that start at 0 and have no weight decay, as biases. Settings: start, above 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from worker.training.one_class import logits, scale

LAYERS: tuple[str, ...] = ()
WIDTH = None
SETTINGS: dict[str, float | str | bool] = {"start": 0.01}


class Factor(nn.Module):
    """One of the two factors, as the distance from its start."""

    def __init__(self, pixels: int, start: float) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(pixels))
        self._start = start

    def forward(self) -> Tensor:
        """(pixels,) factor."""
        return self.bias + self._start


class Product(nn.Module):
    """The product of two factors, pixel by pixel."""

    def __init__(self, pixels: int, classes: int, start: float) -> None:
        super().__init__()
        self._scale, self._classes = scale(pixels), classes
        self.left, self.right = (Factor(pixels, start * self._scale) for _ in range(2))

    def forward(self, images: Tensor) -> Tensor:
        """(N, classes) logits of (N, pixels) images."""
        return logits(self.left() * self.right() / self._scale, images, self._classes)


def build(
    image_shape: tuple[int, int, int], classes: int, width: int, settings: Mapping[str, float | str | bool]
) -> nn.Module:
    """See `Architecture`."""
    start = settings["start"]
    if not isinstance(start, float | int) or not 0.0 < start <= 1.0:
        raise ValueError(f"`network_settings`: start of saddle must lie above 0 and not above 1, got {start!r}")
    return nn.Sequential(nn.Flatten(), Product(math.prod(image_shape), classes, float(start)))
