"""Samples: one objective of the runs of one row, a value for each block, in the objective's own unit.

    objective          a run without a value of its own
    accuracy           diverged: chance, 1 / K
    cross_entropy      diverged: the worst of the runs that did not, at least ln K; it is at least that
    loss_area          diverged: the worst of the runs that did not; it is at least that
    epochs_to_target   never reached: the length of a training; it is at least that
    cpu_seconds        not known: left out; never reached, where runs stop at the target: the longest time of a run that
                       reached it, or its own; it is at least that

Runs of which only a lower bound is known are marked censored. They are never dropped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.compare import LARGER_IS_BETTER
from studies.records import Cause, Runs
from studies.verdict.response import scored_accuracy

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
LARGEST = 1e30  # beyond which a loss counts as no larger


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Values by block, ascending, shape (n,); `censored` marks those that are lower bounds."""

    block: IntArray
    value: FloatArray
    censored: BoolArray
    larger_is_better: bool = False

    def __len__(self) -> int:
        return len(self.block)


def samples(
    rows: Sequence[Runs], objective: str, *, classes: int, epochs: int, stops: bool = False
) -> tuple[Sample, ...]:
    """One objective of rows that were measured in one context under one loss.

    Args:
        rows: the measuring runs of each row; the worst loss is sought among all of them.
        objective: one of `OBJECTIVES`.
        classes: number of classes K.
        epochs: length of a training.
        stops: runs stop at the target.
    """
    if objective == "accuracy":
        found = [(scored_accuracy(runs, classes), np.zeros(len(runs), np.bool_)) for runs in rows]
    elif objective == "epochs_to_target":
        found = [_times(runs, epochs) for runs in rows]
    elif objective == "cpu_seconds":
        found = _seconds(rows, stops=stops)
    else:
        found = _losses(rows, objective, math.log(classes) if objective == "cross_entropy" else -math.inf)
    better = objective in LARGER_IS_BETTER
    return tuple(_sample(runs.block, *columns, better) for runs, columns in zip(rows, found, strict=True))


def _sample(block: IntArray, value: FloatArray, censored: BoolArray, larger_is_better: bool) -> Sample:
    known = np.flatnonzero(np.isfinite(value))
    blocks, first = np.unique(block[known], return_index=True)
    chosen = known[first]
    return Sample(blocks, value[chosen], censored[chosen], larger_is_better)


def _times(runs: Runs, epochs: int) -> tuple[FloatArray, BoolArray]:
    never = _never(runs)
    return np.where(never, float(epochs), runs.epochs_to_target), never


def _never(runs: Runs) -> BoolArray:
    """Runs that did not reach the target; one that broke did not, whatever it reached before."""
    return np.asarray(runs.diverged | ~np.isfinite(runs.epochs_to_target), dtype=np.bool_)


def _seconds(rows: Sequence[Runs], *, stops: bool) -> list[tuple[FloatArray, BoolArray]]:
    times = [runs.cpu_seconds for runs in rows]
    if not stops:
        return [(each, np.zeros(len(each), np.bool_)) for each in times]
    return seconds_to_target(times, [_never(runs) for runs in rows])


def seconds_to_target(times: Sequence[FloatArray], never: Sequence[BoolArray]) -> list[tuple[FloatArray, BoolArray]]:
    """CPU time of rows whose runs stop at the target, with a mask of the censored ones.

    A run that never reached it counts at the longest time of one that did, in whatever row, or at its own.

    Args:
        times: of each row, seconds; nan where it is not known.
        never: masks of the runs that never reached the target.
    """
    reached = [each[~lost & np.isfinite(each)] for each, lost in zip(times, never, strict=True)]
    longest = max((float(each.max()) for each in reached if len(each)), default=0.0)
    return [(np.where(lost, np.maximum(each, longest), each), lost) for each, lost in zip(times, never, strict=True)]


def _losses(rows: Sequence[Runs], objective: str, guessing: float) -> list[tuple[FloatArray, BoolArray]]:
    columns = [_bounded(getattr(runs, objective)) for runs in rows]
    broken = [_broken(runs) | ~np.isfinite(column) for runs, column in zip(rows, columns, strict=True)]
    seen = [column[~lost] for column, lost in zip(columns, broken, strict=True)]
    every = np.concatenate(seen) if seen else np.empty(0)
    if not len(every):  # all of them broke: what was measured on the way is all that is known
        every = np.concatenate([column[np.isfinite(column)] for column in columns]) if columns else every
    worst = max(guessing, float(every.max()) if len(every) else 1.0)
    return [(np.where(lost, worst, column), lost) for column, lost in zip(columns, broken, strict=True)]


def _bounded(losses: FloatArray) -> FloatArray:
    """Losses of which sums and squares are finite; those that are no number stay so."""
    values = np.asarray(losses, dtype=np.float64)
    return np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)


def _broken(runs: Runs) -> BoolArray:
    """Runs whose loss is no measurement; one that stayed at chance has a loss of its own."""
    return np.asarray(runs.diverged & (runs.cause != Cause.UNTRAINED), dtype=np.bool_)
