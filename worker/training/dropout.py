"""Dropout whose masks come from a generator of its own lane, so that they depend on no other lane and on no thread."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

DROPOUT = 2  # sets the seeds of masks apart from those of initial weights and feedback matrices


class Dropout(nn.Module):
    """Sets a share of the inputs to 0 while it trains, and divides the others by what is left of 1."""

    def __init__(self, share: float) -> None:
        """Without a seed it drops nothing of a training: `seed_dropouts` gives one.

        Args:
            share: of the inputs, at least 0 and below 1.

        Raises:
            ValueError: `share` lies outside.
        """
        super().__init__()
        if not 0.0 <= share < 1.0:
            raise ValueError(f"`dropout` must be at least 0 and below 1, got {share}")
        self._share = share
        self._seed: int | None = None
        self._generator: torch.Generator | None = None

    def seed(self, seed: int) -> None:
        """Starts the masks anew."""
        self._seed, self._generator = seed, None

    def forward(self, inputs: Tensor) -> Tensor:
        """The inputs, in training with some of them set to 0."""
        if not self.training or self._share == 0.0:
            return inputs
        if self._generator is None:
            if self._seed is None:
                raise RuntimeError("a dropout needs a seed before it trains")
            self._generator = _seeded(inputs.device, self._seed)
        kept = torch.empty_like(inputs, dtype=torch.float32).bernoulli_(1.0 - self._share, generator=self._generator)
        return inputs * kept.div_(1.0 - self._share).to(inputs.dtype)


def _seeded(device: torch.device, seed: int) -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)


def seed_dropouts(module: nn.Module, init_seed: int) -> None:
    """Gives every dropout of a module a seed of its own, a function of the lane's."""
    found = (part for part in module.modules() if isinstance(part, Dropout))
    for number, part in enumerate(found):
        (seed,) = np.random.SeedSequence([init_seed, DROPOUT, number]).generate_state(1, np.uint64)
        part.seed(int(seed) >> 1)
