"""Device memory: the number of lanes that fit, and the errors that mean it is exhausted."""

from __future__ import annotations

import torch

CUDA_STACK = 1024  # lanes; a wider stack delays its first result
FREE_SHARE = 2  # a stack's lanes may take one half of what is free; the rest is for patches, tiles and graphs
COPIES = 3  # of weights and buffers while a stack is repacked: the tiles', the joined ones, the selected ones


def lanes_that_fit(*, free: int, parameters: int, buffers: int, element_size: int, fixed: int = 0) -> int:
    """Lanes of a stack on a CUDA device: at least one, even where its training will then run out of memory.

    Args:
        free: bytes of the device's memory that are not taken.
        parameters: numbers in a lane's row of weights.
        buffers: rows that the update rule keeps beside the weights.
        element_size: bytes of one of them.
        fixed: numbers of a lane that training does not change: scheduled rates, weights of the way back.
    """
    per_lane = (parameters * (1 + buffers) + fixed) * element_size * COPIES
    return max(1, min(CUDA_STACK, free // FREE_SHARE // per_lane))


def is_out_of_memory(error: RuntimeError) -> bool:
    """True if a runtime error means that the device's memory is exhausted."""
    signs = ("out of memory", "can't allocate memory")  # CUDA's words and the CPU allocator's
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error).lower() for sign in signs)
