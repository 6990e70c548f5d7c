"""CSV as tools and spreadsheets write it, told apart into cells.

Separators are commas, semicolons, tabs or bars, whichever splits the header into the most cells, or what a first line
`sep=;` names. Lines that begin with # are comments; numpy writes the header as one. Cells at the end that no column
names are left out where they are empty. Text is UTF-8, or UTF-16 where a byte order mark says so, else Windows-1252.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

from studies.errors import Problem, SpecError
from studies.foreign.cells import BLANKS, are_decimal_commas, number
from studies.foreign.records import OddRow, Records

MAX_BYTES = 10_000_000
MAX_READ = 100_000  # rows of a file
MAX_COLUMNS = 500  # an export has some thirty, a table of Ray Tune a few hundred
SEPARATORS = ",;\t|"
_SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
Line = tuple[int, list[str]]  # number of its last line, and cells
OTHER_WIDTH = "with another number of cells than the header"


def csv_records(content: bytes) -> Records:
    """The cells of a CSV text with a header.

    Raises:
        SpecError: it is too large, or it is no CSV; `problems` name the line.
    """
    if len(content) > MAX_BYTES:
        raise SpecError([Problem("", f"the table has more than {MAX_BYTES:,} bytes; send fewer rows")])
    text, said = decoded(content)
    separator, lines = _lines(text)
    (head, first), lines = _header(lines)
    names = tuple(cell.strip(BLANKS) for cell in first)
    while names and not names[-1]:
        names = names[:-1]
    rows: list[tuple[str, ...]] = []
    places: list[str] = []
    odd: list[OddRow] = []
    for line, row in lines:
        filled = sum(cell.strip(BLANKS) != "" for cell in row)
        if not filled or (row[0].startswith("#") and (filled == 1 or _fitting(row, len(names)) is None)):
            continue
        if len(rows) + len(odd) >= MAX_READ:
            raise SpecError([Problem(f"line {line}", f"more than {MAX_READ:,} rows; send fewer")])
        fitting = _fitting(row, len(names))
        if fitting is None:
            odd.append(OddRow(OTHER_WIDTH, Problem(f"line {line}", _width(len(row), len(names)))))
        else:
            rows.append(fitting)
            places.append(f"line {line}")
    commas = separator != "," or are_decimal_commas(cell for row in rows for cell in row)
    return Records(names, rows, places, f"line {head}", tuple(odd), commas, said)


def decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Text from bytes, and a sentence where it is not UTF-8.

    Raises:
        SpecError: it says that it is UTF-16 and is not.
    """
    encoding = _MARKS.get(content[:2])
    try:
        return content.decode(encoding or "utf-8-sig"), ()
    except UnicodeDecodeError:
        if encoding or b"\0" in content:
            raise SpecError([Problem("", "the table is not UTF-8 text; save it as UTF-8")]) from None
        return content.decode("cp1252", errors="replace"), ("The table is not UTF-8 text; it is read as Windows-1252.",)


def _lines(text: str) -> tuple[str, Iterator[Line]]:
    """The separator, and rows with their line numbers, read one by one."""
    start, stated = 0, None
    lines = text[:100_000].splitlines()
    for i, line in enumerate(lines):
        named = _SEP.fullmatch(line.strip(" ;,\t") if len(line) > 6 else line)
        if named:
            stated, start = named[1], i + 1
        elif line.strip(BLANKS) and not line.startswith("#"):
            break
    header = next((line for line in lines[start:] if line.strip(BLANKS) and not line.startswith("#")), "")
    separator = stated or max(SEPARATORS, key=lambda mark: (_count(header, mark), -SEPARATORS.index(mark)))
    return separator, _cells(text, separator, skipped=start)


def _count(header: str, mark: str) -> int:
    return len(re.sub(r'"[^"]*"', "", header).split(mark))


def _cells(text: str, separator: str, *, skipped: int) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if len(row) > MAX_COLUMNS:  # before anything looks at them, as a name costs more than a byte
                cure = f"has {len(row):,} columns, more than {MAX_COLUMNS}; leave out those that no verdict reads"
                raise SpecError([Problem(f"line {reader.line_num}", cure)])
            if reader.line_num > skipped:
                yield reader.line_num, row
    except csv.Error as error:
        raise SpecError([Problem(f"line {reader.line_num}", f"not well-formed CSV: {error}")]) from None


def _header(lines: Iterator[Line]) -> tuple[Line, Iterator[Line]]:
    """The names with their line, and the lines below. A comment above nothing but numbers is a header."""
    comment: Line | None = None
    for line, row in lines:
        if not any(cell.strip(BLANKS) for cell in row):
            continue
        if row[0].startswith("#") and (len(row) < 3 or row[0].startswith("# ")):
            comment = (line, [row[0].lstrip("# "), *row[1:]])
        elif comment and len(comment[1]) == len(row) and all(isinstance(number(cell), float) for cell in row):
            return comment, chain([(line, row)], lines)
        else:
            return (line, row), lines
    return (1, []), lines


def _fitting(row: list[str], width: int) -> tuple[str, ...] | None:
    """The cells of the columns that have names; None where their number differs by more than empty ones at the end."""
    if len(row) < width or any(cell.strip(BLANKS) for cell in row[width:]):
        return None
    return tuple(row[:width])


def _width(cells: int, names: int) -> str:
    doubled = "; numbers with decimal commas need another separator, such as semicolons" if cells == 2 * names else ""
    return f"has {cells} cells, the header names {names} columns{doubled}"
