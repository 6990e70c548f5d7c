"""Rows of a filled table from a file: CSV, JSON or Parquet, whatever tool has written it.

The columns are those of the table of trials that are to be run (`studies.external.todo`). Trial, the two parameters and
the measure are needed; what else is there is checked. A cell of the measure is

    empty                                the run is still to be made
    a number of the measure              its result
    nan, an infinity, "diverged"         the training broke: a result, too
    "failed"                             an attempt that gave no result: the run is wanted again

Columns `diverged` and `state`, as trackers have them, are read where they are there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import Problem, SpecError, cut
from studies.external.filled import SEEDS, FilledRow
from studies.external.measured import own_measure
from studies.external.outcome import BROKE, DIVERGED, RunEnd, end_of
from studies.foreign.cells import BLANKS, Fault, is_nan, is_nothing, number, text_of, truth, whole
from studies.foreign.names import Column, column_of, listed, plain_name
from studies.foreign.records import Records
from studies.foreign.sources import records_of
from studies.foreign.states import COMPLETE, FAIL, state_of
from studies.language.measure import Measure
from studies.language.nearest import nearest
from studies.language.spec import StudySpec

NUMBERS = ("block", *SEEDS)
OPTIONAL = ("run", "phase", "arm", *NUMBERS, DIVERGED, "state")
FAILED = RunEnd(failed="is marked as failed")


@dataclass(frozen=True, slots=True)
class FilledTable:
    """The rows of a file, and sentences on how it was read."""

    rows: tuple[FilledRow, ...] = ()
    notes: tuple[str, ...] = ()


def read_filled(content: bytes, spec: StudySpec) -> FilledTable:
    """The rows of a filled table; none in an empty file.

    Args:
        content: of the file.
        spec: whose parameters and measure the columns have the names of.

    Raises:
        SpecError: it is no table, a column is missing, or a result is none of the measure; line and column are named.
    """
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        return FilledTable()
    records = records_of(content)
    return FilledTable(tuple(_rows(records, spec)), records.said)


def _rows(records: Records, spec: StudySpec) -> list[FilledRow]:
    measure = own_measure(spec)
    places = _columns(records, (*spec.axes.names, measure.name))
    reader = _Reader(records, places, spec.axes.names, measure)
    if records.odd:
        raise SpecError([row.problem for row in records.odd if row.problem is not None])
    rows = []
    for i, cells in enumerate(records.rows):
        if _is_header(records, cells):
            continue
        rows.append(reader.read(i))
    return rows


def _is_header(records: Records, cells: Sequence[Any]) -> bool:
    """True for a row that repeats the names, as where one file was appended to another."""
    return all(isinstance(cell, str) for cell in cells) and tuple(c.strip(BLANKS) for c in cells) == records.columns


def _columns(records: Records, named: Sequence[str]) -> dict[str, int]:
    """Places of the columns by their names.

    Raises:
        SpecError: one that is needed is missing, or several could be meant.
    """
    columns = [column_of(i, written) for i, written in enumerate(records.columns)]
    found: dict[str, int] = {}
    problems = []
    for name in ("trial", *named, *OPTIONAL):
        meant = _meant(columns, name)
        if len(meant) == 1:
            found[name] = meant[0].index
        elif meant or name not in OPTIONAL:
            text = f"could be {listed(meant)}; keep one of them" if meant else _missing(columns, name)
            problems.append(Problem(f"{records.head}, column {cut(name, 40)}", text))
    if problems:
        raise SpecError(problems)
    return found


def _meant(columns: Sequence[Column], name: str) -> list[Column]:
    """Columns of this name: as it is written, else with another prefix or in other letters."""
    exact = [column for column in columns if column.written.strip() == name]
    return exact or [column for column in columns if column.plain == plain_name(name)]


def _missing(columns: Sequence[Column], name: str) -> str:
    near = nearest(name, [column.written for column in columns])
    guess = f"did you mean `{cut(near, 40)}`? " if near else ""
    if name == "trial" and not guess:
        return (
            f"is missing, so these are no rows of a plan (columns: {listed(columns)}); old runs are not continued: "
            "name a file that is not there yet, such as done.csv, or judge them with `golden verdict --from`"
        )
    return f"is missing; {guess}give the columns that the table of trials has; this one has {listed(columns)}"


class _Reader:
    """Reads single rows."""

    def __init__(self, records: Records, places: dict[str, int], pair: tuple[str, str], measure: Measure) -> None:
        self._records = records
        self._places = places
        self._pair = pair
        self._measure = measure

    def read(self, row: int) -> FilledRow:
        """The row, whether it is of the plan or not."""
        end = self._end(row)
        odd = None if end is None or end is FAILED or end.failed is None else end.failed
        first, second = (self._parameter(row, name) for name in self._pair)
        trial, run = self._whole(row, "trial"), self._whole(row, "run")
        return FilledRow(
            place=self._records.places[row],
            trial=trial if isinstance(trial, int) and abs(trial) < 2**63 else None,
            run=0 if run is None else run if isinstance(run, int) and abs(run) < 2**63 else -1,
            point=(first, second),
            stated=self._stated(row),
            end=None if odd else end,
            fault=None if odd is None else Problem(self._records.place(row, self._measure.name), odd),
        )

    def _cell(self, row: int, name: str) -> Any:
        place = self._places.get(name)
        return None if place is None else self._records.rows[row][place]

    def _whole(self, row: int, name: str) -> int | str | None:
        """A whole number; the text where it is none; None where there is nothing."""
        cell = self._cell(row, name)
        if is_nothing(cell):
            return None
        found = whole(cell)
        return text_of(cell) if isinstance(found, Fault) else found

    def _parameter(self, row: int, name: str) -> float:
        cell = self._cell(row, name)
        found = math.nan if is_nothing(cell) else number(cell, decimal_comma=self._records.decimal_comma)
        return math.nan if isinstance(found, Fault) else found

    def _stated(self, row: int) -> dict[str, Any]:
        texts = {name: self._cell(row, name) for name in ("phase", "arm")}
        found: dict[str, Any] = {name: text_of(cell) for name, cell in texts.items() if not is_nothing(cell)}
        numbers = {name: self._whole(row, name) for name in NUMBERS}
        return found | {name: value for name, value in numbers.items() if value is not None}

    def _end(self, row: int) -> RunEnd | None:
        """The result that a row states; None where it states none."""
        cell, state = self._cell(row, self._measure.name), self._state(row)
        if state == FAIL:
            return FAILED
        if state != COMPLETE:
            return None
        word = text_of(cell).lower() if isinstance(cell, str) else ""
        broke = self._cell(row, DIVERGED)
        if word == DIVERGED or is_nan(cell) or (not is_nothing(broke) and truth(broke) is True):
            return BROKE
        if is_nothing(cell):
            return None
        found = number(cell, decimal_comma=self._records.decimal_comma)
        if isinstance(found, Fault):
            return FAILED if state_of(cell) == FAIL else RunEnd(failed=found.text)
        return end_of(found, self._measure)

    def _state(self, row: int) -> str:
        """The state in words that we have; of an unknown word the result decides."""
        cell = self._cell(row, "state")
        return COMPLETE if is_nothing(cell) else state_of(cell) or COMPLETE
