"""Batch norm over a linear layer in closed form: it needs only the patches' moments, never a pass over activations.

The first layer is linear in the patch p: y = W p. Over a minibatch with patch mean m and covariance C, which all lanes
share, channel k has mean(y) = W m and variance diag(W C W'). So batch norm fuses with the weights,

    s = sqrt(diag(W C W') + epsilon),  W~ = (scale / s) W,  b~ = offset - W~ m,

and its gradient needs only G = sum do p' and g0 = sum do, where do is the gradient at the layer's output:

    doffset = g0
    dscale  = rowsum((G - g0 m') * W) / s
    dW      = (scale / s) (G - g0 m' - dscale (W C) / s)

The convolution's bias shifts y and is cancelled. Shapes: L lanes, c channels, k pixels in a patch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from worker.training.networks import BATCH_NORM_EPSILON


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and population covariance of patches."""

    mean: Tensor  # (k,)
    covariance: Tensor  # (k, k)

    @classmethod
    def none(cls, like: Tensor) -> Moments:
        """Empty moments, for a network without batch norm."""
        return cls(like.new_empty(0), like.new_empty(0))


@dataclass(frozen=True, slots=True)
class Fused:
    """The first layer's weights with batch norm in them, and what the backward pass needs of the forward pass."""

    weight: Tensor  # (L, c, k + 1): W~ and, in the last column, b~; meets patches that carry a row of ones
    deviation: Tensor  # (L, c, 1): s
    covariance_weight: Tensor  # (L, c, k): W C


def fuse(weight: Tensor, scale: Tensor, offset: Tensor, moments: Moments) -> Fused:
    """Fuses batch norm with the given moments into the layer's weights.

    Args:
        weight: (L, c, k).
        scale: (L, c).
        offset: (L, c).
        moments: of the minibatch when training, of the whole training fold when evaluating.
    """
    lanes, channels, size = weight.shape
    covariance_weight = torch.mm(weight.reshape(lanes * channels, size), moments.covariance).view_as(weight)
    variance = (covariance_weight * weight).sum(dim=2, keepdim=True)
    deviation = (variance + BATCH_NORM_EPSILON).sqrt()
    fused_weight = weight.new_empty(lanes, channels, size + 1)
    torch.mul(weight, scale.unsqueeze(2) / deviation, out=fused_weight[:, :, :size])
    shift = (fused_weight[:, :, :size] * moments.mean).sum(dim=2)
    torch.sub(offset, shift, out=fused_weight[:, :, size])
    return Fused(fused_weight, deviation, covariance_weight)


def backward(
    output_gradient: Tensor, weight: Tensor, scale: Tensor, fused: Fused, moments: Moments
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of weight, scale and offset.

    Args:
        output_gradient: (L, c, k + 1), G and, in the last column, g0.
        weight: (L, c, k).
        scale: (L, c).
        fused: what `fuse` returned for this minibatch.
        moments: of this minibatch.

    Returns:
        dW (L, c, k), dscale (L, c), doffset (L, c).
    """
    size = weight.shape[2]
    offset_gradient = output_gradient[:, :, size]
    centred = output_gradient[:, :, :size] - offset_gradient.unsqueeze(2) * moments.mean
    scale_gradient = (centred * weight).sum(dim=2, keepdim=True) / fused.deviation
    centred -= scale_gradient / fused.deviation * fused.covariance_weight
    centred *= scale.unsqueeze(2) / fused.deviation
    return centred, scale_gradient.squeeze(2), offset_gradient
