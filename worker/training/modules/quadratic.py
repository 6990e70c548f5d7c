"""A noisy quadratic: one weight a pixel learns the mean image. Loss 1/2 |w - r x|^2, see `one_class.py`. Ours.

The curvature is 1 in every direction, and the noise of a gradient is that of the image it is taken of, so the
stationary distribution of momentum SGD is known: with a batch of B images whose pixels have variance s^2,

    Var(w_j) = eta (1 + alpha) r^2 s^2 / (B (1 - alpha) (2 (1 + alpha) - eta))

The weights start at 0 and have no weight decay, as biases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from worker.training.one_class import logits

LAYERS: tuple[str, ...] = ()
WIDTH = None
SETTINGS: dict[str, float | str | bool] = {}


class Mean(nn.Module):
    """The mean image, as a bias."""

    def __init__(self, pixels: int, classes: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(pixels))
        self._classes = classes

    def forward(self, images: Tensor) -> Tensor:
        """(N, classes) logits of (N, pixels) images."""
        return logits(self.bias, images, self._classes)


def build(
    image_shape: tuple[int, int, int], classes: int, width: int, settings: Mapping[str, float | str | bool]
) -> nn.Module:
    """See `Architecture`."""
    del width, settings
    return nn.Sequential(nn.Flatten(), Mean(math.prod(image_shape), classes))
