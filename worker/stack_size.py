"""The number of lanes a stack may have: a setting, or what fits into memory, less where memory ran out before.

A stack that runs out of memory is halved in `worker/training/halving.py`; the width that fitted is remembered here.
"""

from __future__ import annotations

import dataclasses

import structlog

from worker.training.engine import max_lanes
from worker.training.lanes import Fold, Setup

log = structlog.get_logger(__name__)


class StackSize:
    """Chooses the size of stacks on one device, logs each new choice, and remembers what ran out of memory."""

    def __init__(self, wanted: int) -> None:
        """Makes one.

        Args:
            wanted: lanes at most; 0 leaves it to the memory.
        """
        self._wanted = wanted
        self._fits: dict[tuple[object, ...], int] = {}  # lanes that fitted after memory ran out, by kind of stack
        self._last: tuple[int, str] | None = None

    def choose(self, setup: Setup, fold: Fold) -> int:
        """Lanes that a stack of this kind may have."""
        by, lanes = ("setting", self._wanted) if self._wanted else ("free memory", max_lanes(setup, fold))
        fits = self._fits.get(_kind(setup, fold), lanes)
        choice = (fits, "ran out of memory") if fits < lanes else (lanes, by)
        if choice != self._last:
            log.info("stack size", lanes=choice[0], by=choice[1])
            self._last = choice
        return choice[0]

    def trained(self, setup: Setup, fold: Fold, *, lanes: int, fitted: int) -> None:
        """Remembers the width of a stack that ran out of memory.

        Args:
            setup: of the stack.
            fold: of the stack.
            lanes: that it was to have.
            fitted: that it could have in the end; fewer, if memory ran out.
        """
        if fitted < lanes:
            self._fits[_kind(setup, fold)] = fitted


def _kind(setup: Setup, fold: Fold) -> tuple[object, ...]:
    """Everything that the memory of a lane depends on."""
    return (*dataclasses.astuple(dataclasses.replace(setup, order_seed=0)), tuple(fold.train_images.shape))
