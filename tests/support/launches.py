"""Kernel launches of a step, as a device would see them: torch's calls without those that only look at a tensor anew.

The meta device stands for an accelerator, as in `dispatched.py`. An operation counts as one launch; a call of cuBLAS
may be two.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from worker.training.lanes import Fold, Lane, Setup
from worker.training.minibatches import orders
from worker.training.networks import build_network
from worker.training.tiled import TiledLanes

_ALLOCATES = {"empty", "new_empty", "empty_like", "empty_strided", "new_empty_strided"}
STEPS = 4


class Launches(TorchDispatchMode):
    """Counts launches by the function of `worker.training` that asked for them."""

    def __init__(self) -> None:
        super().__init__()
        self.by_part: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs the call and counts it."""
        result = func(*args, **(kwargs or {}))
        aliases = [value.alias_info for value in func._schema.returns if value.alias_info is not None]
        looks = any(not alias.is_write for alias in aliases) or func.overloadpacket.__name__ == "detach"
        if not looks and func.overloadpacket.__name__ not in _ALLOCATES:
            frames = [frame for frame in traceback.extract_stack() if "/worker/training/" in frame.filename]
            self.by_part[f"{Path(frames[-1].filename).stem}.{frames[-1].name}"] += 1
        return result


def launches_of_a_step(setup: Setup, lanes: Sequence[Lane], *, fused: bool) -> Counter[str]:
    """Launches of one step of one tile by function, in an epoch whose minibatches are there; 28x28 images.

    What an epoch does once, before its first step, is left out.
    """
    n = STEPS * setup.batch_size
    images, labels = torch.empty(n, 1, 28, 28, device="meta"), torch.empty(n, dtype=torch.int64, device="meta")
    fold = Fold(images, labels, images[:10], labels[:10], classes=10)
    tiled = TiledLanes(build_network(setup.network, (1, 28, 28), 10), setup, fold, lanes, fused=fused)
    first, second = (order.to("meta") for order in orders(setup, n))
    tiled._epoch(first)
    with Launches() as counted:
        tiled._epoch(second)
    steps = STEPS * len(tiled._tiles)
    return Counter({part: count // steps for part, count in counted.by_part.items() if count >= steps})
