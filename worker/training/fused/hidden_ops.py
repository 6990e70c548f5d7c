"""The kernels of `hidden_kernel.py` as operations of torch, each of them one launch; see `ops.py`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from worker.training.fused.ops import OPTIONS, launching_on, power_of_two, writes_what_it_is_given
from worker.training.lanes import Setup
from worker.training.networks import Network

WIDEST, MOST_CLASSES = 32, 16  # channels, pixels of a patch with the bias: more do not stay in a program's registers
LEAST = 16  # rows and columns of a product on tensor cores
FORWARD = {16: 1, 32: 1, 64: 4, 128: 4}  # warps of a program by the images that it takes at once, at most so many
BACKWARD = {16: 1, 32: 2}
FORWARD_PARTS, BACKWARD_PARTS = 36, 48  # programs of a lane: several times what a device runs at once
STAGES = 2
NUMBERS = 256  # that a program of `add_up` adds
EXACT, ROUNDED = "fp32", "tf32"  # the precisions of products that these kernels have


def suits(network: Network, setup: Setup, dtype: torch.dtype) -> bool:
    """True where the kernels can take the hidden layer: of patches, and trained by backpropagation."""
    patches = bool(network.hidden) and network.positions > 1 and network.outputs == "softmax"
    trains = setup.backward_rule == "backpropagation" and setup.precision in (EXACT, ROUNDED)
    fits = max(network.hidden, network.patch_size + network.biases) <= WIDEST and network.classes <= MOST_CLASSES
    return patches and fits and trains and dtype == torch.float32


def parts_of(positions: int, most: int) -> tuple[int, int]:
    """(parts, positions of each) that a lane's positions are cut into, whichever lanes there are."""
    size = math.ceil(positions / most)
    return math.ceil(positions / size), size


def forward_parts(positions: int) -> int:
    """Parts of the logits' sum over positions."""
    return parts_of(positions, FORWARD_PARTS)[0]


def backward_parts(positions: int) -> int:
    """Parts of the first layer's gradient."""
    return parts_of(positions, BACKWARD_PARTS)[0]


def blocks(n: int, warps: dict[int, int], channels: int, size: int, classes: int) -> dict[str, int]:
    """Shape of a program's blocks for n images, each dimension a power of 2, and its warps, `FORWARD` or `BACKWARD`."""
    numbers = {"BLOCK_N": min(n, max(warps)), "BLOCK_C": channels, "BLOCK_T": size, "BLOCK_K": classes}
    shape = {name: max(LEAST, power_of_two(number)) for name, number in numbers.items()}
    return {**shape, "num_warps": warps[shape["BLOCK_N"]], "num_stages": STAGES}


@torch.library.custom_op("golden_study::hidden_logits", mutates_args=("parts",))
def hidden_logits(
    alive: Tensor, patches: Tensor, first: Tensor, last: Tensor, bias: Tensor, parts: Tensor, precision: str
) -> None:
    """Logits of a hidden layer of patches behind a ReLU, as parts that are still to be added.

    Args:
        alive: (L,) bool; for a lane that is not, nothing is computed nor written.
        patches: (k + 1, P * n), the image fastest.
        first: (L, c, k + 1).
        last: (L, K, c * P) in rows of parameters, as the bias is.
        bias: (L, K).
        parts: (`forward_parts`, L, K, n), written.
        precision: of the products, `EXACT` or `ROUNDED`.
    """
    from worker.training.fused.hidden_kernel import logits as kernel

    lanes, channels, size = first.shape
    count, _, classes, n = parts.shape
    positions = patches.shape[1] // n
    shape = blocks(n, FORWARD, channels, size, classes)
    with launching_on(patches):
        kernel[(count, lanes, math.ceil(n / shape["BLOCK_N"]))](
            *(alive, patches, first, last, bias, parts, last.stride(0), lanes),
            *(positions, parts_of(positions, FORWARD_PARTS)[1], n),
            **{**_constants(channels, size, classes, precision), **shape, **OPTIONS},
        )


@torch.library.custom_op("golden_study::hidden_gradients", mutates_args=("last_gradient", "parts"))
def hidden_gradients(
    alive: Tensor,
    patches: Tensor,
    first: Tensor,
    last: Tensor,
    slope: Tensor,
    last_gradient: Tensor,
    parts: Tensor,
    precision: str,
    add: bool,
) -> None:
    """Gradients of both layers' weights by backpropagation; those of the first as parts that are still to be added.

    Args:
        alive: (L,) bool; for a lane that is not, nothing is computed nor written.
        patches: (k + 1, P * n), the image fastest.
        first: (L, c, k + 1).
        last: (L, K, c * P) in rows of parameters.
        slope: (L, K, n), the logits' gradient.
        last_gradient: (L, K, c * P) in rows of parameters, written.
        parts: (`backward_parts`, L, c, k + 1), written.
        precision: of the products, `EXACT` or `ROUNDED`.
        add: add to what `last_gradient` holds.
    """
    from worker.training.fused.hidden_kernel import gradients as kernel

    lanes, channels, size = first.shape
    _, classes, n = slope.shape
    positions = patches.shape[1] // n
    with launching_on(patches):
        kernel[(len(parts), lanes)](
            *(alive, patches, first, last, slope, last_gradient, parts, last.stride(0), last_gradient.stride(0), lanes),
            *(positions, parts_of(positions, BACKWARD_PARTS)[1], n),
            **{**_constants(channels, size, classes, precision), "ADD": add, **OPTIONS},
            **blocks(n, BACKWARD, channels, size, classes),
        )


@torch.library.custom_op("golden_study::add_up", mutates_args=("total",))
def add_up(parts: Tensor, total: Tensor, add: bool) -> None:
    """The sum of parts in their order, whatever the number of lanes.

    Args:
        parts: (S, ...).
        total: as many numbers as one of the parts has, written.
        add: add to what `total` holds.
    """
    from worker.training.fused.hidden_kernel import add_up as kernel

    numbers = total.numel()
    with launching_on(parts):
        kernel[(math.ceil(numbers / NUMBERS),)](
            *(parts, total, numbers), **{"PARTS": len(parts), "ADD": add, "BLOCK": NUMBERS, **OPTIONS}
        )


def _constants(channels: int, size: int, classes: int, precision: str) -> dict[str, Any]:
    return {"CHANNELS": channels, "SIZE": size, "CLASSES": classes, "SPLIT": precision == EXACT}


for operation in (hidden_logits, hidden_gradients, add_up):
    operation.register_fake(writes_what_it_is_given)
