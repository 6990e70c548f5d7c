"""The data that the figures of a comparison are drawn from, read from the storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from studies.comparing import compare
from studies.comparison.model import ArmRow
from studies.comparison.rows import MEASURE
from studies.figures.arm_book import ArmFigureData
from studies.figures.arm_curves import RowCurves, measured_by
from studies.language.spec import StudySpec, sweep_name
from studies.storage import results
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary
from studies.storage.results import RunCurves

MOST_CURVES = 100  # runs of a row whose curves are read; a mean of more would look the same


def place_of(spec: StudySpec, context: str) -> str:
    """The context as the document states it that a context of an arm was made of.

    Raises:
        KeyError: the study has no such context, or compares no arms.
    """
    arm = spec.built_in_of(context).arm
    if arm is None:
        raise KeyError(f"the context {context!r} belongs to no arm")
    return arm.context


def read_arm_figure_data(
    db: Database, detail: StudyDetail, sweep: SweepSummary, *, objective: str | None, with_curves: bool
) -> ArmFigureData:
    """The comparison and, if asked for, the learning curves of a context and loss.

    Args:
        db: where the study is.
        detail: a study that compares arms.
        sweep: one of the context and loss.
        objective: to draw by; None: the design's own.
        with_curves: read the curves of the measuring runs.

    Raises:
        NoComparisonError: the study compares no arms.
        StorageUnavailableError: the database cannot be reached.
    """
    _, found = compare(db, detail.summary.name)
    place = place_of(detail.spec, sweep.context)
    data = ArmFigureData(found, place, sweep.loss, objective or found.objective)
    if not with_curves:
        return data
    shown = measured_by(data.objective)
    return replace(data, curves=row_curves(db, detail, data, [shown])[shown])


def row_curves(
    db: Database, detail: StudyDetail, data: ArmFigureData, measured: Sequence[str]
) -> dict[str, list[RowCurves]]:
    """The curves of the measuring runs of each row of a context and loss.

    Args:
        db: where the study is.
        detail: a study that compares arms.
        data: its comparison, with the context and loss.
        measured: what the curves show, of `MEASURED`; the keys of what is returned.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    read = [(row, _curves(db, detail, row)) for row in data.here]
    return {
        each: [
            RowCurves(row.arm, row.title, row.how, tuple(tuple(getattr(c, each)) for c in found)) for row, found in read
        ]
        for each in measured
    }


def _curves(db: Database, detail: StudyDetail, row: ArmRow) -> Sequence[RunCurves]:
    spec = detail.spec
    context = next(
        each.name
        for each in spec.built_in
        if each.arm is not None and (each.arm.name, each.arm.context) == (row.arm, row.context)
    )
    sweep = sweep_name(row.loss, context)
    runs = results.runs(db, spec.name, sweep)
    mine = (runs.phase == MEASURE) & (runs.arm == row.how)
    trials = [int(trial) for trial in np.unique(runs.trial[mine])[:MOST_CURVES]]
    return results.curves(db, spec.name, sweep, trials) if trials else []
