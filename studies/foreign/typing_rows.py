"""Rows of a table as measurements, one by one; a row that cannot be one is odd, with its reason and its problem."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from studies.errors import Problem
from studies.foreign.cells import Fault, is_nan, is_nan_word, is_nothing, number, text_of
from studies.foreign.checks import row_problems
from studies.foreign.choosing import Chosen
from studies.foreign.fields import Source
from studies.foreign.measures import Scoring
from studies.foreign.names import Column
from studies.foreign.records import OddRow, Records
from studies.foreign.row_text import row_text
from studies.foreign.rows import Measurement, OwnMeasurement
from studies.foreign.states import COMPLETE, FAIL
from studies.language.claim import MEASURE
from studies.language.door import DOOR
from studies.language.validation import problems_of
from studies.records import Cause

OUT_OF_RANGE = "out of range"
VALUELESS = "without a value"
COUNTS = ("n_test", "correct")  # which follow from a measure, where the document has one
SPECIAL = ("sweep", "diverged", "diverged_at", "repeat", "runs", "state")


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows by what was chosen for the table.

    Attributes:
        records, found: the table and its columns.
        scoring: how values become the objective's.
        missing_diverged: True: a run without a value diverged.
        may_be_missing: True where a missing value is a result.
        is_own: True where the two parameters are not the paper's.
    """

    records: Records
    found: Chosen
    scoring: Scoring
    missing_diverged: bool = False
    may_be_missing: bool = False
    is_own: bool = False

    def read(self, place: int) -> Measurement | list[OddRow]:
        """The measurement in a row, or everything that is odd about it."""
        row, odd = self._fields(place)
        state = row.get("state", COMPLETE)
        if state not in (COMPLETE, FAIL):
            return [OddRow(state)]
        for name, column in zip(("eta", "alpha"), self.found.point, strict=True):
            odd += self._parameter(place, name, column, row)
        if state == FAIL:
            if odd:
                return [OddRow(FAIL)]
        else:
            odd += self._measured(place, row)
        return odd or self._checked(place, row)

    def _fields(self, place: int) -> tuple[dict[str, Any], list[OddRow]]:
        """The values of the fields beside point and value, and the cells that are none."""
        row: dict[str, Any] = {}
        odd: list[OddRow] = []
        for name, source in self.found.fields.sources.items():
            value = self._cell(place, source)
            if isinstance(value, Fault):
                column = source.column.written
                odd.append(OddRow(f"whose {column} does not fit", self._problem(place, column, value.text)))
            elif value is not None:
                row[name] = value
        return self._joined(row), odd

    def _cell(self, place: int, source: Source) -> Any:
        cell = self.records.rows[place][source.column.index]
        return source.empty if is_nothing(cell) else source.read(cell)

    def _joined(self, row: dict[str, Any]) -> dict[str, Any]:
        """Fields that two columns fill, or that are written otherwise than they are meant."""
        counted = COUNTS if self.scoring.objective == MEASURE else ()
        joined = {name: value for name, value in row.items() if name not in (*SPECIAL, *counted)}
        if "sweep" in row:
            loss, _, context = row["sweep"].partition("@")
            joined["loss"] = loss
            joined |= {"context": context} if context else {}
        if "repeat" in row:
            joined["repeat"] = self.found.fields.seeds.get(row["repeat"], row["repeat"])
        if row.get("diverged", 0) >= max(1, row.get("runs", 1)) or "diverged_at" in row:
            joined["diverged"] = True
        if "state" in row:
            joined["state"] = row["state"]
        return joined

    def _parameter(self, place: int, name: str, column: Column, row: dict[str, Any]) -> list[OddRow]:
        cell = self.records.rows[place][column.index]
        if is_nothing(cell):
            return [
                OddRow(f"without {column.written}", self._problem(place, column.written, "is empty; give a number"))
            ]
        value = number(cell, decimal_comma=self.records.decimal_comma)
        if isinstance(value, Fault):
            return [OddRow(f"whose {column.written} is no number", self._problem(place, column.written, value.text))]
        if not math.isfinite(value):
            text = f"{text_of(cell)!r} is not finite; give a number"
            return [OddRow(f"whose {column.written} is no number", self._problem(place, column.written, text))]
        row[name] = value
        return []

    def _measured(self, place: int, row: dict[str, Any]) -> list[OddRow]:
        """Take the value of a complete row into it. One that is infinite on the worse side diverged, as did a nan."""
        column, cell = self.found.value.written, self.records.rows[place][self.found.value.index]
        if row.get("diverged") and (is_nothing(cell) or self._is_infinite(cell)):
            return []
        if is_nothing(cell):
            if is_nan_word(cell) and row.get("phase") is None and not self.may_be_missing:
                row |= {"diverged": True, "cause": row.get("cause", Cause.DIVERGED.value)}
                return []
            if self.missing_diverged:
                row["diverged"] = True
                return []
            if is_nan(cell):
                text = f"{text_of(cell)!r} is not finite; leave it empty and mark the run as diverged"
                return [OddRow(VALUELESS, self._problem(place, column, text))]
            text = "is missing; give one, or mark the run as diverged"
            return [] if self.may_be_missing else [OddRow(VALUELESS, self._problem(place, column, text))]
        value = number(cell, decimal_comma=self.records.decimal_comma)
        if isinstance(value, Fault):
            return [OddRow(f"whose {column} is no number", self._problem(place, column, value.text))]
        if math.isinf(value):
            return self._infinite(place, value, row)
        row["value"] = self.scoring.value(value)
        return []

    def _is_infinite(self, cell: Any) -> bool:
        value = number(cell, decimal_comma=self.records.decimal_comma)
        return not isinstance(value, Fault) and math.isinf(value)

    def _infinite(self, place: int, value: float, row: dict[str, Any]) -> list[OddRow]:
        column = self.found.value.written
        if self.scoring.is_worst(value) and row.get("phase") is None:
            row["diverged"] = True
            return []
        text = f"'{value}' is not finite; leave it empty and mark the run as diverged"
        return [OddRow(f"whose {column} is infinite", self._problem(place, column, text))]

    def _checked(self, place: int, row: dict[str, Any]) -> Measurement | list[OddRow]:
        """The row by the rules that every table has, whatever it was read from."""
        try:
            made = (OwnMeasurement if self.is_own else Measurement).model_validate_json(json.dumps(row), context=DOOR)
        except ValidationError as error:
            problems = problems_of(error.errors(include_url=False), row_text)
            return [self._out_of_range(place, problem.field, problem.text) for problem in problems]
        if made.state != COMPLETE:
            return made
        if self.scoring.objective == MEASURE:
            return made  # whose range its measure knows, and the document that
        faults = row_problems([(0, made)], self.scoring.objective, may_be_missing=self.may_be_missing)
        odd = [self._out_of_range(place, problem.field.rpartition(".")[2], problem.text) for problem in faults]
        return odd or made

    def _out_of_range(self, place: int, name: str, text: str) -> OddRow:
        column = self.found.name_of(name)
        return OddRow(f"whose {column} is {OUT_OF_RANGE}", self._problem(place, column, text))

    def _problem(self, place: int, column: str, text: str) -> Problem:
        return Problem(self.records.place(place, column[:40]), text)
