"""The columns of a table that a verdict reads: the point, the value, and the fields beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from studies.errors import Problem, SpecError
from studies.foreign.cells import Fault, is_nothing, number, text_of
from studies.foreign.fields import Fields, fields_of
from studies.foreign.measures import Measure, usual_direction
from studies.foreign.names import NATIVE, Column, column_of, listed, parameters_of, plain_name
from studies.foreign.records import Records
from studies.foreign.rows import COLUMNS, meant
from studies.language.claim import OBJECTIVES
from studies.records import Replicate, RunResult
from studies.text import is_safe_line, printable

EXPORTED = frozenset({f.name for kind in (Replicate, RunResult) for f in fields(kind)} | {"reported"})
CURES = "the header must name eta, alpha and value (or the objective, such as accuracy)"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Columns by what they are read as."""

    columns: tuple[Column, ...]  # all of the table
    eta: Column
    alpha: Column
    value: Column
    fields: Fields

    @property
    def point(self) -> tuple[Column, Column]:
        """The columns of the claim's two parameters."""
        return self.eta, self.alpha

    @property
    def is_native(self) -> bool:
        """True where the parameters are called as in our own tables."""
        return (self.eta.plain, self.alpha.plain) == NATIVE

    def name_of(self, name: str) -> str:
        """The name that the source has for a field of a row."""
        by_field = {"eta": self.eta.written, "alpha": self.alpha.written, "value": self.value.written}
        source = self.fields.sources.get(name)
        return by_field.get(name, source.column.written if source else name)

    @property
    def ignored(self) -> tuple[str, ...]:
        """Names of the columns that are not read, in their order."""
        read = self.fields.columns | {column.index for column in (*self.point, self.value)}
        names = (column.written for column in self.columns if column.index not in read)
        return tuple(printable(name) for name in dict.fromkeys(names) if name)


def chosen(records: Records, measure: Measure | None, objective: str | None, claimed: tuple[str, str] | None) -> Chosen:
    """The columns that are read.

    Args:
        records: the table.
        measure: names the column of the value.
        objective: as stated, or None; without a measure, its column may stand in for `value`.
        claimed: names of the claim's parameters; None: the usual names.

    Raises:
        SpecError: a column is missing, named twice, or could be one of several.
    """
    columns = tuple(column_of(i, name) for i, name in enumerate(records.columns))
    problems: list[Problem] = []
    point: tuple[Column, ...] = ()
    value: Column | None = None
    try:
        point = _point(records, columns, claimed)
    except SpecError as error:
        problems += error.problems
    try:
        value = _value(records, columns, measure, objective, claimed=claimed or ())
    except SpecError as error:
        problems += error.problems
    problems += _unsafe_names(records, columns)
    problems += _twice(records, columns, [*point, *([value] if value else [])])
    if problems or value is None:
        raise SpecError(problems)
    eta, alpha = point
    found = Chosen(columns, eta, alpha, value, fields_of(records, columns, frozenset(c.index for c in (*point, value))))
    problems = _twice(records, columns, [source.column for source in found.fields.sources.values()])
    if problems:
        raise SpecError(problems)
    if found.is_native:
        _refuse_slips(records, found)
    return found


def is_numeric(records: Records, column: Column) -> bool:
    """True where at least half of a column's filled cells are numbers."""
    cells = [row[column.index] for row in records.rows if not is_nothing(row[column.index])]
    numbers = sum(isinstance(number(cell, decimal_comma=records.decimal_comma), float) for cell in cells)
    return 2 * numbers >= len(cells)


def numbers_of(records: Records, column: Column) -> list[float]:
    """The numbers of a column, infinite ones included."""
    cells = (row[column.index] for row in records.rows)
    found = (number(cell, decimal_comma=records.decimal_comma) for cell in cells if not is_nothing(cell))
    return [value for value in found if not isinstance(value, Fault)]


def _point(records: Records, columns: Sequence[Column], claimed: tuple[str, str] | None) -> tuple[Column, Column]:
    named = {name.lower() for name in claimed or NATIVE}
    numeric = [c for c in columns if c.written.strip().lower() in named or is_numeric(records, c)]
    return parameters_of(numeric, claimed, lambda one, other: _same(records, one, other), records.head)


def _same(records: Records, one: Column, other: Column) -> bool:
    return all(text_of(row[one.index]) == text_of(row[other.index]) for row in records.rows)


def _value(
    records: Records,
    columns: Sequence[Column],
    measure: Measure | None,
    objective: str | None,
    *,
    claimed: Sequence[str] = (),
) -> Column:
    """The column of the values; `claimed` are the columns that a claim names, which are no results."""
    stated = next((column for column in columns if column.written == records.value), None)
    if measure is not None:
        return _named(records, columns, measure.name, stated if records.value == "value" else None)
    if stated is not None and (objective is None or not records.is_own):
        return stated
    found = _first(columns, "value")
    if found is None:
        found = _first(columns, objective or "accuracy")
    if found is None and objective is None:
        others = [column for name in OBJECTIVES if (column := _first(columns, name))]
        found = others[0] if len(others) == 1 else None
    if found is None:
        taken = {plain_name(name) for name in claimed}
        numeric = [
            c for c in columns if c.plain not in {*COLUMNS, *taken} and not c.is_setting and is_numeric(records, c)
        ]
        if claimed and numeric:
            text = f"is missing: name the column of the results, such as --measure {_likeliest(numeric).written[:40]}"
            raise SpecError([Problem("measure", f"{text}; columns with numbers are {listed(numeric)}")])
        measures = f"; or name the measure with --measure NAME: columns with numbers are {listed(numeric)}"
        raise SpecError([Problem(f"{records.head}, column value", f"is missing; {CURES}{measures if numeric else ''}")])
    return found


def _likeliest(columns: Sequence[Column]) -> Column:
    """The column whose name says best that it holds results: the first of a usual direction, else the first."""
    return next((column for column in columns if usual_direction(column.written) is not None), columns[0])


def _first(columns: Sequence[Column], name: str) -> Column | None:
    exact = next((c for c in columns if c.written.strip().lower() == name), None)
    return exact or next((c for c in columns if c.plain == name and not c.is_setting), None)


def _named(records: Records, columns: Sequence[Column], name: str, nameless: Column | None) -> Column:
    """The column of a measure: as it is written, else by its plain name, else the value that has no name of its own."""
    written = [c for c in columns if c.written.strip() == name] or [
        c for c in columns if c.written.strip().lower() == name.lower()
    ]
    found = written[:1] or [c for c in columns if c.plain == plain_name(name) and not c.is_setting]
    numeric = [c for c in columns if not c.is_setting and is_numeric(records, c)]
    if not found and nameless is not None:
        return nameless
    if not found:
        way = "; after a colon, write maximize or minimize" if ":" in name else ""
        text = f"there is no column {name[:40]}; columns with numbers are {listed(numeric)}{way}"
        raise SpecError([Problem("measure", text)])
    if any(not _same(records, found[0], other) for other in found[1:]):
        raise SpecError([Problem("measure", f"{name[:40]} could be {listed(found)}; write one of them in full")])
    return found[0]


def _twice(records: Records, columns: Sequence[Column], read: Sequence[Column]) -> list[Problem]:
    """Names that several columns have, of those that are read."""
    written = [column.written.strip().lower() for column in columns]
    names = sorted({column.written.strip().lower() for column in read})
    twice = [name for name in names if written.count(name) > 1]
    return [Problem(f"{records.head}, column {name[:40]}", "is named twice; remove one") for name in twice]


def _unsafe_names(records: Records, columns: Sequence[Column]) -> list[Problem]:
    """Names that cannot be shown, where they can be changed."""
    names = dict.fromkeys(column.written.strip() for column in columns) if records.is_named_by_user else ()
    text = "has characters that are not shown; rename it"
    unsafe = [name for name in names if not is_safe_line(name)]
    return [Problem(f"{records.head}, column {printable(name[:40])}", text) for name in unsafe]


def _refuse_slips(records: Records, found: Chosen) -> None:
    """Refuse names, in a table that is called as ours, that look like a slip of one that we read."""
    present = {"eta", "alpha", "value", *found.fields.sources} | {c.plain for c in found.columns}
    if "sweep" in found.fields.sources:
        present |= {"loss", "context"}
    if "diverged_at" in found.fields.sources:
        present.add("diverged")
    problems = []
    read = found.fields.columns | {column.index for column in (*found.point, found.value)}
    for column in found.columns:
        name = column.written.strip().lower()
        known = column.index in read or name in EXPORTED or column.plain in COLUMNS or not name
        likely = None if known else meant(name[:40], present)
        if likely:
            text = f"is unknown; did you mean `{likely}`? If not, rename it"
            problems.append(Problem(f"{records.head}, column {name[:40]}", text))
    if problems and records.is_named_by_user:
        raise SpecError(problems)


def stated_objective(options: Mapping[str, Any]) -> str | None:
    """The objective that is named, or that the document's claim has; None where nothing states one."""
    document = options.get("document")
    if options.get("objective"):
        return str(options["objective"])
    if not isinstance(document, Mapping):
        return None
    claim = document.get("claim")
    stated = claim.get("objective") if isinstance(claim, Mapping) else None
    return str(stated or "accuracy")
