"""Runs as flat records, the form that every export shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any

from studies.records import Replicate, RunResult
from studies.storage.read_models import RunRow
from studies.storage.run_rows import REPORTED

CHUNK = 1000  # rows per piece, and per row group in Parquet
_OWN = ("sweep", "trial", "run", "phase", "arm", "block", "eta", "alpha")
PAIR = ("eta", "alpha")
_REPLICATE = tuple(f.name for f in fields(Replicate))
_RESULT = tuple(f.name for f in fields(RunResult))
_CURVES_FROM = next(i for i, name in enumerate(_RESULT) if name.endswith("_curve"))
COLUMNS = (*_OWN, *_REPLICATE, *_RESULT[:_CURVES_FROM], "reported", "cause", *_RESULT[_CURVES_FROM:])


def columns_for(parameters: Sequence[str]) -> tuple[str, ...]:
    """`COLUMNS` of a study, its parameters by their names: two, or those of all arms of a comparison."""
    place = COLUMNS.index(PAIR[0])
    return (*COLUMNS[:place], *parameters, *COLUMNS[place + len(PAIR) :])


def flat(row: RunRow, parameters: Sequence[str] = ()) -> dict[str, Any]:
    """A run as one flat record, in the order of `columns_for`; parameters that its trial does not have are null.

    `reported` is what a trainer of the user's own reported, and `accuracy_curve` its curve; what only our own engine
    measures is null there. `reported` is null for the runs of our own engine.

    Args:
        row: of a study.
        parameters: names of the study's parameters; left out: those of the row.
    """
    values = {name: getattr(row, name) for name in (*_OWN, "cause")}
    values |= {name: getattr(row.replicate, name) for name in _REPLICATE}
    values |= _reported(row) if row.result is None else {name: getattr(row.result, name) for name in _RESULT}
    point = row.parameters or {name: getattr(row, name) for name in PAIR}
    known = {name: value for name, value in values.items() if name not in PAIR} | point
    return {column: known.get(column) for column in columns_for(parameters or tuple(point))}


def _reported(row: RunRow) -> dict[str, Any]:
    run = row.reported
    if run is None:
        return {}
    broke = {"diverged_at": 0, "divergence": REPORTED} if run.diverged else {}
    return {**broke, "seconds": run.seconds, "reported": run.value, "accuracy_curve": run.curve}


def pieces(rows: Iterable[RunRow]) -> Iterator[list[RunRow]]:
    """The rows in lists of `CHUNK`, the last one shorter."""
    source = iter(rows)
    while piece := list(islice(source, CHUNK)):
        yield piece
