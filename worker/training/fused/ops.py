"""The kernels as operations of torch, each of them one launch; what they write is given to them.

As operations they are seen by whatever watches torch's calls, and run without numbers where a device is only stood
for. Triton is imported with the first call. A CUDA graph can record them: they read nothing back and allocate nothing.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from worker.training.losses import GAP_FLOOR
from worker.training.networks import BATCH_NORM_EPSILON

LOGITS = 512  # of a block of the loss's kernel, classes times images; four a thread are far from a spill, 16 spill
IMAGES = 32  # of such a block at most
NUMBERS = 256  # of a block of batch norm's kernels, channels times pixels
OPTIONS: dict[str, Any] = {"enable_fp_fusion": True}  # stated, since Triton's default is about to change


def power_of_two(number: int) -> int:
    """The smallest power of 2 that is not below the number."""
    return 1 << (number - 1).bit_length()


def launching_on(tensor: Tensor) -> AbstractContextManager[None]:
    """Launches go to the tensor's device, whichever is the current one."""
    guard: AbstractContextManager[None] = torch.cuda.device_of(tensor)  # type: ignore[no-untyped-call]
    return guard


def loss_blocks(classes: int) -> dict[str, Any]:
    """Shape of the loss kernel's blocks and its warps, for so many classes."""
    rows = power_of_two(classes)
    columns = min(IMAGES, max(1, LOGITS // rows))
    return {"BLOCK_K": rows, "BLOCK_N": columns, "num_warps": min(16, max(1, rows * columns // 128))}


def norm_blocks(size: int) -> dict[str, Any]:
    """Shape of batch norm's blocks and their warps, for patches of so many pixels."""
    pixels = power_of_two(size)
    return {"BLOCK_C": max(1, NUMBERS // pixels), "BLOCK_K": pixels, "num_warps": min(4, max(1, pixels // 128))}


@torch.library.custom_op("golden_study::softmax_loss", mutates_args=("gradient", "total", "bias"))
def softmax_loss(
    logits: Tensor,
    is_true: Tensor,
    share: Tensor,
    loss_of: Tensor,
    gradient: Tensor,
    total: Tensor,
    bias: Tensor,
    add: bool,
) -> None:
    """Softmax, loss and logit gradient of every lane, by each image's share of the minibatch.

    Args:
        logits: (L, K, n).
        is_true: (K, n) bool, True at the class of each image.
        share: (n,) of each image in the minibatch's mean; 0 for padding.
        loss_of: (L,) int32, the place of each lane's loss in `lanes.LOSSES`.
        gradient: (L, K, n), written.
        total: (L,) the lanes' losses, written.
        bias: (L, K) the gradient summed over the images, written; numbers of a lane are neighbours.
        add: add to what `total` and `bias` hold.
    """
    from worker.training.fused.loss_kernel import softmax_loss as kernel

    lanes, classes, n = logits.shape
    with launching_on(logits):
        kernel[(lanes,)](
            *(logits, is_true, share, loss_of, gradient, total, bias, bias.stride(0), n),
            **{"FLOOR": GAP_FLOOR[logits.dtype], "CLASSES": classes, "ADD": add, **loss_blocks(classes), **OPTIONS},
        )


@torch.library.custom_op("golden_study::fuse", mutates_args=("fused", "deviation", "covariance_weight"))
def fuse(
    weight: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor,
    covariance: Tensor,
    fused: Tensor,
    deviation: Tensor,
    covariance_weight: Tensor,
) -> None:
    """`batch_norm.fuse`.

    Args:
        weight: (L, c, k) in rows of parameters, as scale and offset are, (L, c) each.
        scale: see `weight`.
        offset: see `weight`.
        mean: (k,).
        covariance: (k, k).
        fused: (L, c, k + 1), written.
        deviation: (L, c, 1), written.
        covariance_weight: (L, c, k), written.
    """
    from worker.training.fused.batch_norm_kernel import fuse as kernel

    lanes, channels, size = weight.shape
    blocks = norm_blocks(size)
    with launching_on(weight):
        kernel[(lanes, -(-channels // blocks["BLOCK_C"]))](
            *(weight, scale, offset, mean, covariance, fused, deviation, covariance_weight, weight.stride(0), channels),
            **{"EPSILON": BATCH_NORM_EPSILON, "SIZE": size, **blocks, **OPTIONS},
        )


@torch.library.custom_op(
    "golden_study::norm_backward", mutates_args=("weight_gradient", "scale_gradient", "offset_gradient")
)
def norm_backward(
    sums: Tensor,
    weight: Tensor,
    scale: Tensor,
    mean: Tensor,
    deviation: Tensor,
    covariance_weight: Tensor,
    weight_gradient: Tensor,
    scale_gradient: Tensor,
    offset_gradient: Tensor,
) -> None:
    """`batch_norm.backward`.

    Args:
        sums: (L, c, k + 1).
        weight: (L, c, k) in rows of parameters, as scale is, (L, c).
        scale: see `weight`.
        mean: (k,).
        deviation: (L, c, 1).
        covariance_weight: (L, c, k).
        weight_gradient: (L, c, k) in rows of parameters, as the other two are, written.
        scale_gradient: (L, c), written.
        offset_gradient: (L, c), written.
    """
    from worker.training.fused.batch_norm_kernel import backward as kernel

    lanes, channels, size = weight.shape
    blocks = norm_blocks(size)
    rows = (weight.stride(0), weight_gradient.stride(0))
    with launching_on(weight):
        kernel[(lanes, -(-channels // blocks["BLOCK_C"]))](
            *(sums, weight, scale, mean, deviation, covariance_weight),
            *(weight_gradient, scale_gradient, offset_gradient, *rows, channels),
            **{"SIZE": size, **blocks, **OPTIONS},
        )


def writes_what_it_is_given(*_: object) -> None:
    """Without numbers there is nothing to write."""


for operation in (softmax_loss, fuse, norm_backward):
    operation.register_fake(writes_what_it_is_given)
