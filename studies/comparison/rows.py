"""The rows of a comparison: every arm in one context under one loss, each against the baseline, by every objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from studies.comparison.asked import HOWS, Asked, AskedArm, AskedPlace
from studies.comparison.model import ArmResult, ArmRow, Versus
from studies.comparison.pairs import Pairs
from studies.comparison.samples import Sample, samples
from studies.comparison.summary import summary
from studies.language.compare import How
from studies.records import Runs
from studies.verdict.holm import holm

MEASURE = "measure"  # `Phase.MEASURE`
FAIREST: tuple[How, ...] = (
    "tuned",
    "plain",
    "published",
)  # row of the baseline that stands in where the same is missing


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The measuring runs of one row; none where nothing was measured yet."""

    arm: AskedArm
    how: How
    runs: Runs


def measured(arms: Sequence[AskedArm], runs: Mapping[str, Runs]) -> list[Measured]:
    """The rows of arms with their runs.

    Args:
        arms: in order.
        runs: of each arm, in one context under one loss; rows of other phases are left out.
    """
    found = []
    for arm in arms:
        own = runs[arm.name]
        own = own.where(own.phase == MEASURE)
        found += [Measured(arm, how, own.where(own.arm == how)) for how in HOWS if how in arm.hows]
    return found


def rows_of(asked: Asked, place: AskedPlace, loss: str, runs: Mapping[str, Runs]) -> tuple[ArmRow, ...]:
    """The rows of one context under one loss, Holm's adjustment over all of them but the baseline's.

    Args:
        asked: the comparison.
        place: the context.
        loss: that was trained.
        runs: of each arm, by its name.
    """
    rows = measured(asked.arms, runs)
    columns = {name: results(asked, place, name, rows) for name in asked.objectives}
    return tuple(
        ArmRow(
            context=place.name,
            loss=loss,
            arm=row.arm.name,
            title=row.arm.title,
            how=row.how,
            baseline=row.arm.name == asked.baseline,
            point=_point(row),
            tunings=row.arm.tunings if row.how == "tuned" else 0,
            selection=row.arm.selection if row.how == "tuned" else "",
            diverged=int(row.runs.diverged.sum()),
            axis="" if place.axis is None else place.axis.axis,
            field="" if place.axis is None else place.axis.field,
            at=None if place.axis is None else place.axis.value,
            results=tuple(column[i] for column in columns.values()),
        )
        for i, row in enumerate(rows)
    )


def results(asked: Asked, place: AskedPlace, objective: str, rows: Sequence[Measured]) -> list[ArmResult]:
    """One objective of every row, with the paper's cells; p-values are adjusted for the design's own objective."""
    measures = [row.runs for row in rows]
    found = samples(measures, objective, classes=place.classes, epochs=place.epochs, stops=place.stops)
    compared = versus(asked.baseline, rows, found, adjusted=objective == asked.objective)
    cell = (place.name, objective)
    return [
        replace(summary(objective, sample), versus=against, paper=row.arm.paper.get(cell))
        for row, sample, against in zip(rows, found, compared, strict=True)
    ]


def versus(baseline: str, rows: Sequence[Measured], found: Sequence[Sample], *, adjusted: bool) -> list[Versus | None]:
    """Each row against the baseline's row that was measured the same way, or else the fairest that it has.

    Args:
        baseline: name of the arm that the others are compared with.
        rows: of one context under one loss.
        found: their samples of one objective.
        adjusted: adjust the p-values by Holm over all rows that are compared.
    """
    bases = {row.how: sample for row, sample in zip(rows, found, strict=True) if row.arm.name == baseline}
    compared = [
        None if row.arm.name == baseline else _against(baseline, row.how, sample, bases)
        for row, sample in zip(rows, found, strict=True)
    ]
    if not adjusted:
        return compared
    p_values = holm([None if each is None else each.p for each in compared])
    return [None if each is None else replace(each, p_adjusted=p) for each, p in zip(compared, p_values, strict=True)]


def _against(baseline: str, how: How, sample: Sample, bases: Mapping[How, Sample]) -> Versus | None:
    chosen = next((each for each in (how, *FAIREST) if each in bases), None)
    if chosen is None:
        return None
    pairs = Pairs(sample, bases[chosen])
    if not pairs.count:
        return None
    return Versus(
        arm=baseline,
        how=chosen,
        pairs=pairs.count,
        difference=pairs.difference,
        at_cap=pairs.censored,
        better=pairs.better,
        test=pairs.test,
        p=pairs.p,
    )


def _point(row: Measured) -> dict[str, float]:
    """The values that a row sets, by name; empty before its first run."""
    if not len(row.runs):
        return {}
    values = dict(zip(row.arm.names, (float(row.runs.eta[0]), float(row.runs.alpha[0])), strict=True))
    return {name: values[name] for name in row.arm.shown.get(row.how, ()) if np.isfinite(values[name])}
