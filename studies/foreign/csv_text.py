"""Trials from CSV text: every mistake named by line and column, never a traceback.

Columns as those of `Measurement`; besides, what `golden export` writes is understood: `sweep` (`<loss>@<context>`)
names loss and context, `diverged_at` marks the runs that diverged, and a column called as the objective stands in for
`value`. Other columns are ignored and reported; one whose name looks like a slip of a known name is refused.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from studies.errors import Problem, SpecError, cut
from studies.foreign.rows import COLUMNS, meant
from studies.foreign.table import MAX_ROWS, TrialTable, table_of
from studies.records import Replicate, RunResult
from studies.text import is_safe_line, printable

REQUIRED = ("eta", "alpha", "value")
WHOLE = ("fold", "repeat", "block", "run", "trial", "n_test", "correct")
TEXTS = ("loss", "context", "phase", "arm", "state", "cause")
EXPORTED = frozenset({f.name for kind in (Replicate, RunResult) for f in fields(kind)} | {"reported"})
MAX_BYTES = 10_000_000
MAX_COLUMNS = 100  # an export has some thirty
MAX_DIGITS = 100  # characters of a number
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
BLANKS = " \t\r\n"
TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def read_table(content: bytes, options: Mapping[str, Any]) -> TrialTable:
    """A table from CSV with a header; separated by commas, semicolons or tabs, UTF-8.

    Args:
        content: the file.
        options: the other fields of `TrialTable`.

    Raises:
        SpecError: the text is not acceptable; `problems` name line and column.
    """
    lines, rows = _rows(content, _objective(options))
    try:
        return table_of({**options, "rows": rows})
    except SpecError as error:
        problems = [Problem(_place(field, lines), text) for field, text in error.problems]
        raise SpecError(problems, unlisted=error.unlisted) from None


def ignored_columns(content: bytes, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the columns that `read_table` ignores, in their order; same arguments and errors."""
    header, _ = _header_and_rows(content)
    sources = _sources(header, _objective(options))
    return tuple(name for name in dict.fromkeys(header) if name and name not in sources)


def _objective(options: Mapping[str, Any]) -> str:
    """The objective that the values are: as named, as the document's claim says, or accuracy."""
    document = options.get("document") or {}
    claim = document.get("claim") or {} if isinstance(document, Mapping) else {}
    stated = claim.get("objective") if isinstance(claim, Mapping) else None
    return str(options.get("objective") or stated or "accuracy")


def _rows(content: bytes, objective: str) -> tuple[list[int], list[dict[str, Any]]]:
    """Line numbers and typed rows."""
    header, cells = _header_and_rows(content)
    sources = _sources(header, objective)
    _check_header(header, sources)
    problems: list[Problem] = []
    lines, rows = [], []
    filled = ((line, row) for line, row in cells if any(cell.strip(BLANKS) for cell in row))
    for count, (line, row) in enumerate(filled, 1):
        if count > MAX_ROWS:
            raise SpecError([Problem(f"line {line}", f"more than {MAX_ROWS:,} rows; send fewer")])
        if len(row) != len(header):
            problems.append(Problem(f"line {line}", f"has {len(row)} cells, the header names {len(header)} columns"))
            continue
        lines.append(line)
        rows.append(
            _typed_row(
                {name: cell.strip(BLANKS) for name, cell in zip(header, row, strict=True)}, sources, line, problems
            )
        )
    if problems:
        raise SpecError(problems)
    if not rows:
        raise SpecError([Problem("", "there are no rows below the header")])
    return lines, rows


def _sources(header: list[str], objective: str) -> dict[str, str]:
    """The columns that are read, each with the field that it fills."""
    sources = {name: name for name in header if name in COLUMNS}
    substitutes = {objective: "value", "diverged_at": "diverged", "sweep": "loss"}
    for name, column in substitutes.items():
        if name in header and column not in header:
            sources[name] = column
    return sources


def _header_and_rows(content: bytes) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The names of the columns, and the rows below with their line numbers, which are read one by one."""
    if len(content) > MAX_BYTES:
        raise SpecError([Problem("", f"the table has more than {MAX_BYTES:,} bytes; send fewer rows")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError([Problem("", "the table is not UTF-8 text; save it as UTF-8")]) from None
    rows = _cells(text)
    _, first = next(rows, (1, []))
    return [cell.strip(BLANKS).lower() for cell in first], rows


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    separator = next((mark for mark in ",;\t" if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if len(row) > MAX_COLUMNS:  # before anything looks at them, as a name costs more than a byte
                cure = f"has {len(row):,} columns, more than {MAX_COLUMNS}; leave out those that no verdict reads"
                raise SpecError([Problem(f"line {reader.line_num}", cure)])
            yield reader.line_num, row
    except csv.Error as error:
        raise SpecError([Problem(f"line {reader.line_num}", f"not well-formed CSV: {error}")]) from None


def _check_header(header: list[str], sources: Mapping[str, str]) -> None:
    read = set(sources.values())
    missing = [name for name in REQUIRED if name not in read]
    twice = sorted({name for name in header if name in sources and header.count(name) > 1})
    cure = "is missing; the header must name eta, alpha and value (or the objective, such as accuracy)"
    problems = [Problem(f"line 1, column {name}", cure) for name in missing]
    problems += [Problem(f"line 1, column {name}", "is named twice; remove one") for name in twice]
    unsafe = [name for name in dict.fromkeys(header) if not is_safe_line(name)]
    problems += [
        Problem(f"line 1, column {printable(name[:40])}", "has characters that are not shown; rename it")
        for name in unsafe
    ]
    present = read | ({"context"} if "sweep" in sources else set())
    for name in dict.fromkeys(header):
        likely = None if name in sources or name in EXPORTED else meant(name[:40], present)
        if likely:
            text = f"is unknown; did you mean `{likely}`? If not, rename it"
            problems.append(Problem(f"line 1, column {name[:40]}", text))
    if problems:
        raise SpecError(problems)


def _typed_row(
    cells: Mapping[str, str], sources: Mapping[str, str], line: int, problems: list[Problem]
) -> dict[str, Any]:
    """A row's values by column, empty ones left out; wrong ones are noted."""
    row: dict[str, Any] = {}
    for name, column in sources.items():
        cell = cells[name]
        if name == "sweep":
            row["loss"], _, context = cell.partition("@")
            row.setdefault("context", context or None)
        elif name == "diverged_at":
            row[column] = cell != ""
        else:
            row[column] = _typed(column, cell, partial(_note, problems, f"line {line}, column {name}"))
    return {column: value for column, value in row.items() if value is not None}


def _note(problems: list[Problem], place: str, text: str) -> None:
    problems.append(Problem(place, text))


def _typed(column: str, cell: str, wrong: Callable[[str], object]) -> Any:
    """The cell's value, None where it is empty or wrong."""
    if column == "diverged":
        if cell.lower() not in TRUTHS:
            wrong(f"{cell[:40]!r} is neither true nor false")
        return TRUTHS.get(cell.lower())
    if cell == "":
        if column in ("eta", "alpha"):
            wrong("is empty; give a number")
        return None
    if column in TEXTS:
        return cell.upper() if column == "state" else cell
    return _number(column, cell, wrong)


def _number(column: str, cell: str, wrong: Callable[[str], object]) -> float | int | None:
    """A number as tables write it. Python's `int` and `float` take more: `1_0`, digits of other scripts, blanks."""
    form, kind = (_WHOLE, "whole number") if column in WHOLE else (_DECIMAL, "number")
    if len(cell) > MAX_DIGITS:
        wrong(f"'{cut(cell, 20)}' has {len(cell):,} characters; a {kind} takes at most {MAX_DIGITS}")
    elif _INFINITE.fullmatch(cell) or (form.fullmatch(cell) and not math.isfinite(float(cell))):
        wrong(f"{cell!r} is not finite; leave it empty and mark the run as diverged")
    elif form.fullmatch(cell):
        return int(cell) if column in WHOLE else float(cell)
    else:
        wrong(f"{cell[:40]!r} is no {kind}; write one in the digits 0 to 9")
    return None


def _place(field: str, lines: list[int]) -> str:
    """`rows.3.value` as line and column; other fields as they are."""
    parts = field.split(".")
    if parts[0] != "rows" or len(parts) < 2 or not parts[1].isdigit():
        return field
    column = f", column {parts[2]}" if len(parts) > 2 else ""
    return f"line {lines[int(parts[1])]}{column}"
