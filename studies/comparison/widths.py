"""The smallest width at which an arm still works: it and all wider networks of the axis reached the target.

Every run (a block of paired seeds) of an arm has one, and their mean, deviation and paired differences are those of any
other objective. A run whose widest network did not reach the target has none: it counts as the widest, censored. A run
that reached it at every width has at most the smallest, and such runs are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from studies.comparison.asked import Asked, AskedPlace
from studies.comparison.model import ArmResult, Versus, WidthRow
from studies.comparison.rows import Measured, measured, versus
from studies.comparison.samples import Sample
from studies.comparison.summary import summary
from studies.language.compare import SMALLEST_WIDTH
from studies.language.compare_axes import WIDTH
from studies.records import Runs

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Axis:
    """Contexts that form an axis over the width, from narrow to wide."""

    name: str
    places: tuple[AskedPlace, ...]

    @property
    def widths(self) -> tuple[float, ...]:
        """The width of each place, ascending."""
        return tuple(place.axis.value for place in self.places if place.axis is not None)


def width_axes(places: Sequence[AskedPlace]) -> list[Axis]:
    """The axes over widths among the places of a study."""
    wide = [(place.axis.axis, place) for place in places if place.axis is not None and place.axis.field == WIDTH]
    found = []
    for name, group in groupby(wide, key=lambda each: each[0]):
        members = sorted((place for _, place in group), key=lambda place: place.axis.value if place.axis else 0.0)
        found.append(Axis(name, tuple(members)))
    return found


def smallest_width(widths: Sequence[float], reached: BoolArray) -> FloatArray:
    """The smallest width of each run, shape (n,); nan where the widest network did not reach the target.

    Args:
        widths: ascending, shape (w,).
        reached: whether a run reached the target at each width, shape (n, w).
    """
    passed = np.logical_and.accumulate(reached[:, ::-1], axis=1).sum(axis=1)
    known = np.append(np.asarray(widths, dtype=np.float64), np.nan)
    return np.asarray(known[len(widths) - passed], dtype=np.float64)


def width_rows(asked: Asked, loss: str, runs: Mapping[str, Mapping[str, Runs]]) -> tuple[WidthRow, ...]:
    """The smallest widths of every arm along every axis of widths, under one loss.

    Args:
        asked: the comparison.
        loss: that was trained.
        runs: by place, then by arm.
    """
    return tuple(row for axis in width_axes(asked.places) for row in _along(asked, axis, loss, runs))


def _along(asked: Asked, axis: Axis, loss: str, runs: Mapping[str, Mapping[str, Runs]]) -> list[WidthRow]:
    by_place = [measured(asked.arms, runs[place.name]) for place in axis.places]
    rows = by_place[0]
    found = [_of_row([place[i].runs for place in by_place], axis.widths) for i in range(len(rows))]
    compared = versus(asked.baseline, rows, [sample for sample, _ in found], adjusted=True)
    return [
        _row(axis, loss, row, sample, passed, _result(axis, row, sample, against))
        for row, (sample, passed), against in zip(rows, found, compared, strict=True)
    ]


def _result(axis: Axis, row: Measured, sample: Sample, against: Versus | None) -> ArmResult:
    cell = row.arm.paper.get((axis.name, SMALLEST_WIDTH))
    return replace(summary(SMALLEST_WIDTH, sample), versus=against, paper=cell)


def _row(axis: Axis, loss: str, row: Measured, sample: Sample, passed_all: int, result: ArmResult) -> WidthRow:
    smallest = tuple(None if lost else float(v) for v, lost in zip(sample.value, sample.censored, strict=True))
    names = (row.arm.name, row.arm.title, row.how)
    return WidthRow(axis.name, loss, *names, axis.widths, passed_all, smallest, result)


def _of_row(runs: Sequence[Runs], widths: Sequence[float]) -> tuple[Sample, int]:
    """The smallest widths by block, of the blocks that every width has, and how many reached the target at all."""
    blocks = runs[0].block
    for each in runs[1:]:
        blocks = np.intersect1d(blocks, each.block)
    blocks = np.unique(blocks)
    reached = np.array([_reached(each, blocks) for each in runs], dtype=np.bool_).reshape(len(widths), len(blocks)).T
    found = smallest_width(widths, reached)
    never = np.isnan(found)
    sample = Sample(blocks, np.where(never, widths[-1], found), never)
    return sample, int(reached.all(axis=1).sum()) if len(blocks) else 0


def _reached(runs: Runs, blocks: NDArray[np.int64]) -> BoolArray:
    """Whether the run of each block reached the target, shape (len(blocks),)."""
    hit = runs.block[np.isfinite(runs.epochs_to_target) & ~runs.diverged]
    return np.isin(blocks, hit)
