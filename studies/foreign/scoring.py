"""The rules by which the values of a table are judged: what was named against what its source knows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from studies.errors import Problem, SpecError
from studies.foreign.choosing import Chosen
from studies.foreign.measures import (
    MAXIMISED,
    Measure,
    Scoring,
    objective_scoring,
    said,
    scoring_of,
    usual_direction,
)
from studies.foreign.records import Records
from studies.language.claim import MEASURE, OBJECTIVES, Objective

TAKEN = (
    "value is taken as accuracy, larger is better; if it is not, name the measure (--measure NAME:minimize) or the "
    "objective."
)
FRAME = ("number", "state", "datetime_start", "datetime_complete", "duration")  # of `Study.trials_dataframe`


def scoring_for(
    records: Records, found: Chosen, values: Sequence[float], measure: Measure | None, objective: str | None
) -> tuple[Scoring, str]:
    """The rules for the values of a table, and a sentence on them, "" where all of it was stated.

    Args:
        records: the table; it may know directions.
        found: the columns that are read.
        values: the finite ones that count.
        measure: as named, or None.
        objective: as named or as the document has it, or None.

    Raises:
        SpecError: directions contradict each other, or nothing states one.
    """
    known = dict(records.maximised).get(found.value.written)
    if objective == MEASURE and measure is not None:  # the document's own, judged as it is
        return Scoring(MEASURE, bool(measure.maximised)), ""
    if measure is not None:
        return _of_measure(measure, known, values, objective)
    name = found.value.plain
    if objective is not None:
        scoring = objective_scoring(cast(Objective, objective), known, values, stated="")
        return scoring, said(found.value.written, scoring) if scoring.negated else ""
    if known is None and name == "value":
        return Scoring("accuracy", True), _taken(records, found)
    if name in OBJECTIVES and known in (None, name in MAXIMISED):
        scoring = Scoring(cast(Objective, name), name in MAXIMISED)
        return scoring, "" if name == "accuracy" else said(name, scoring)
    maximised = usual_direction(found.value.written) if known is None else known
    scoring = scoring_of(Measure(found.value.written, maximised), values)
    return scoring, said(found.value.written, scoring)


def _of_measure(
    measure: Measure, known: bool | None, values: Sequence[float], objective: str | None
) -> tuple[Scoring, str]:
    usual = usual_direction(measure.name)
    negative = bool(values) and max(values) <= 0.0
    stated = measure.maximised
    if known is not None and (known != stated if stated is not None else usual is (not known) and not negative):
        what, way = ("maximises", "maximize") if known else ("minimises", "minimize")
        usually = f"; by its name it is usually {'maximised' if usual else 'minimised'}" if stated is None else ""
        text = f"the study {what} {measure.name[:40]}{usually}; write {measure.name[:40]}:{way} if that is meant"
        raise SpecError([Problem("measure", text)])
    direction = next((way for way in (stated, known, usual) if way is not None), None)
    if objective is not None:
        if direction is None:
            direction = objective in MAXIMISED
        scoring = objective_scoring(
            cast(Objective, objective), direction, values, stated=measure.name if known is None else ""
        )
    elif direction is None:
        name = measure.name[:40]
        text = f"nothing says whether {name} is better larger or smaller; write {name}:maximize or {name}:minimize"
        raise SpecError([Problem("measure", text)])
    else:
        scoring = scoring_of(replace(measure, maximised=direction), values)
    return scoring, said(measure.name, scoring)


def _taken(records: Records, found: Chosen) -> str:
    """The sentence on a column `value` that nothing describes.

    Raises:
        SpecError: it is Optuna's, which may have been minimised.
    """
    plain = {column.plain for column in found.columns}
    if sum(name in plain for name in FRAME) >= 2 or any(c.written.lower().startswith("params_") for c in found.columns):
        text = (
            "a frame of Optuna does not say whether it was maximised; write --measure value:maximize or "
            "--measure value:minimize, or name an objective"
        )
        raise SpecError([Problem(f"{records.head}, column {found.value.written}", text)])
    return TAKEN


def finite(values: Sequence[float]) -> list[float]:
    """The finite ones."""
    return [value for value in values if math.isfinite(value)]
