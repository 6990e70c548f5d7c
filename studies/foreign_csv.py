"""Trials from CSV text: every mistake named by line and column, never a traceback."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any

from studies.errors import SpecError
from studies.foreign import MAX_ROWS, TrialTable, table_of

REQUIRED = ("eta", "alpha", "value")
OPTIONAL = ("loss", "fold", "repeat", "diverged")
MAX_BYTES = 2_000_000
MOST_PROBLEMS = 20
TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def read_table(content: bytes, options: Mapping[str, Any]) -> TrialTable:
    """A table from CSV with a header; separated by commas, semicolons or tabs, UTF-8.

    Args:
        content: the file.
        options: the other fields of `TrialTable`.

    Raises:
        SpecError: the text is not acceptable; `problems` name line and column.
    """
    lines, rows = _rows(content)
    try:
        return table_of({**options, "rows": rows})
    except SpecError as error:
        raise SpecError([(_place(field, lines), text) for field, text in error.problems][:MOST_PROBLEMS]) from None


def _rows(content: bytes) -> tuple[list[int], list[dict[str, Any]]]:
    """Line numbers and typed rows."""
    header, cells = _cells(content)
    problems: list[tuple[str, str]] = []
    lines, rows = [], []
    for line, row in cells:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.append((f"line {line}", f"has {len(row)} cells, the header names {len(header)} columns"))
            continue
        typed = {name: _typed(name, cell.strip(), line, problems) for name, cell in zip(header, row, strict=True)}
        lines.append(line)
        rows.append({name: value for name, value in typed.items() if value is not None and name in _KNOWN})
        if len(rows) > MAX_ROWS:
            raise SpecError([(f"line {line}", f"more than {MAX_ROWS:,} rows; send fewer")])
    if problems:
        raise SpecError(problems[:MOST_PROBLEMS])
    if not rows:
        raise SpecError([("", "there are no rows below the header")])
    return lines, rows


_KNOWN = (*REQUIRED, *OPTIONAL)


def _cells(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if len(content) > MAX_BYTES:
        raise SpecError([("", f"the table has more than {MAX_BYTES:,} bytes; send fewer rows")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError([("", "the table is not UTF-8 text; save it as UTF-8")]) from None
    first = text.partition("\n")[0]
    separator = next((mark for mark in ",;\t" if mark in first), ",")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SpecError([("", f"not well-formed CSV: {error}")]) from None
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    _check_header(header)
    return header, rows[1:]


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if name in _KNOWN and header.count(name) > 1})
    problems = [(f"line 1, column {name}", "is missing; the header must name eta, alpha and value") for name in missing]
    problems += [(f"line 1, column {name}", "is named twice") for name in twice]
    if problems:
        raise SpecError(problems)


def _typed(name: str, cell: str, line: int, problems: list[tuple[str, str]]) -> Any:
    """The cell's value, None where it is empty or the column is unknown; a wrong one is noted."""
    place = f"line {line}, column {name}"
    if name == "diverged":
        if cell.lower() not in TRUTHS:
            problems.append((place, f"{cell[:40]!r} is neither true nor false"))
        return TRUTHS.get(cell.lower())
    if cell == "" or name not in _KNOWN:
        if name in ("eta", "alpha"):
            problems.append((place, "is empty; give a number"))
        return None
    if name == "loss":
        return cell
    try:
        number = int(cell) if name in ("fold", "repeat") else float(cell)
    except ValueError:
        kind = "whole number" if name in ("fold", "repeat") else "number"
        problems.append((place, f"{cell[:40]!r} is no {kind}"))
        return None
    if not math.isfinite(number):
        problems.append((place, f"{cell[:40]!r} is not finite; leave it empty and mark the run as diverged"))
        return None
    return number


def _place(field: str, lines: list[int]) -> str:
    """`rows.3.value` as line and column; other fields as they are."""
    parts = field.split(".")
    if parts[0] != "rows" or len(parts) < 2 or not parts[1].isdigit():
        return field
    column = f", column {parts[2]}" if len(parts) > 2 else ""
    return f"line {lines[int(parts[1])]}{column}"
