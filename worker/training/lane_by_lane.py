"""What the backends that train each lane by itself share: which lanes still train, and work on each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from worker.training.backend import Scores
from worker.training.threads import lane_threads


class LaneByLane:
    """Lanes by their numbers, of which some train no more."""

    def __init__(self, lanes: int, device: torch.device) -> None:
        """All of the lanes train; on a device other than a CPU one after the other."""
        self._count, self._device = lanes, device
        self._living = list(range(lanes))

    def drop(self, numbers: Sequence[int]) -> None:
        """See `Backend`."""
        gone = set(numbers)
        self._living = [number for number in self._living if number not in gone]

    def _for_each(self, work: Callable[[int], None], numbers: Sequence[int] | None = None) -> None:
        """Does some work for each of these lanes; None: for all that train."""
        asked = self._living if numbers is None else list(numbers)
        with lane_threads(len(asked) if self._device.type == "cpu" else 1) as for_each:
            for_each(work, asked)

    def _scored(self, score: Callable[[int, Tensor], None], numbers: Sequence[int] | None) -> Scores:
        """The scores of some lanes; `score` sets (3,) correct images, cross-entropy and own loss of a lane."""
        sums = torch.zeros(self._count, 3, dtype=torch.float64, device=self._device)
        self._for_each(lambda number: score(number, sums[number]), numbers)
        correct, cross_entropy, own = sums.T.cpu().numpy()
        return Scores(correct, cross_entropy, own)
