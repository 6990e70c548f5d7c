"""Halves a stack that runs out of memory, until its lanes fit; they are then trained in several stacks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import torch

from worker.training.lanes import Drop, Lane, LaneResult, OnEpoch, Outcome, Progress
from worker.training.memory import is_out_of_memory

TrainStack = Callable[[Sequence[Lane], OnEpoch | None], list[LaneResult]]

_log = logging.getLogger(__name__)


def in_stacks_that_fit(
    lanes: Sequence[Lane], device: torch.device, on_epoch: OnEpoch | None, train_stack: TrainStack
) -> Outcome:
    """Trains all lanes, as one stack where that fits, else one half after the other.

    Args:
        lanes: to be trained.
        device: whose cached memory is released between stacks.
        on_epoch: as for `engine.train_lanes`; it numbers the lanes by their place in `lanes`.
        train_stack: trains some lanes as one stack and returns a result for each of them.

    Raises:
        torch.OutOfMemoryError, RuntimeError: a single lane does not fit, or training failed for another reason.
    """
    results: dict[int, LaneResult] = {}
    dropped: set[int] = set()
    waiting, width = list(range(len(lanes))), len(lanes)
    while waiting:
        part = waiting[:width]
        try:
            trained = train_stack([lanes[n] for n in part], _of_part(on_epoch, part, dropped))
            results.update(zip(part, trained, strict=True))
        except RuntimeError as error:
            if not is_out_of_memory(error) or len(part) == 1:
                raise
            width = (len(part) + 1) // 2
            _log.warning("stack halved after running out of memory", extra={"lanes": width})
        waiting = [n for n in waiting if n not in results and n not in dropped]
        if waiting and device.type == "cuda":
            torch.cuda.empty_cache()
    return Outcome([None if n in dropped else results[n] for n in range(len(lanes))], width)


def _of_part(on_epoch: OnEpoch | None, part: Sequence[int], dropped: set[int]) -> OnEpoch | None:
    """`on_epoch` for a stack of some of the lanes, which numbers them by their place in it; fills `dropped`."""
    if on_epoch is None:
        return None

    def on_epoch_of_part(progress: Progress) -> bool | Drop:
        answer = on_epoch(progress)
        if not isinstance(answer, Drop):
            return answer
        dropped.update(answer.lanes)
        return Drop(frozenset(place for place, number in enumerate(part) if number in dropped))

    return on_epoch_of_part
