"""How many lanes fit into a device's memory, and how to tell that they did not."""

from __future__ import annotations

import torch

CUDA_STACK = 1024  # lanes; a wider stack delays its first result
FREE_SHARE = 2  # a stack's lanes may take one half of what is free; the rest is for patches, tiles and graphs
COPIES = 6  # weights, velocity and their copies while a stack is repacked


def lanes_that_fit(*, free: int, parameters: int, element_size: int) -> int:
    """Lanes of a stack on a CUDA device; one where not even one should fit, which training then finds out.

    Args:
        free: bytes of the device's memory that nobody has taken.
        parameters: numbers in a lane's row of weights.
        element_size: bytes of one of them.
    """
    per_lane = parameters * element_size * COPIES
    return max(1, min(CUDA_STACK, free // FREE_SHARE // per_lane))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a runtime error means that the device's memory is exhausted."""
    signs = ("out of memory", "can't allocate memory")  # CUDA's words and the CPU allocator's
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error).lower() for sign in signs)
