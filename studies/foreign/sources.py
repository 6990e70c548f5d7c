"""Files of trials by what is in them: CSV, JSON in several shapes, Parquet; what is neither is named."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from studies.errors import Problem, SpecError
from studies.foreign.dialect import MAX_BYTES, MAX_COLUMNS, MAX_READ, csv_records, decoded
from studies.foreign.records import Records

LISTS = ("rows", "trials", "runs", "data", "results", "records")  # keys under which objects hold their rows
NO_TABLE = {
    b"PK\x03\x04": "is a workbook or an archive; save the sheet as CSV",
    b"\x1f\x8b": "is compressed; unpack it",
    b"SQLite format 3\0": "is a SQLite database; read it with --from-optuna sqlite:///FILE --study NAME",
}
PARQUET = b"PAR1"
MOST_DEPTH = 6  # of objects inside a row


def records_of(content: bytes) -> Records:
    """The cells of a file.

    Raises:
        SpecError: it is too large, no table, or not well-formed.
    """
    if len(content) > MAX_BYTES:
        raise SpecError([Problem("", f"the table has more than {MAX_BYTES:,} bytes; send fewer rows")])
    for mark, text in NO_TABLE.items():
        if content.startswith(mark):
            raise SpecError([Problem("", f"the file {text}")])
    if content.startswith(PARQUET):
        return rows_records(_few(_parquet(content)), "the header")
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return rows_records(_few(_json(content)), "the names") if start in (b"{", b"[") else csv_records(content)


def rows_records(rows: Sequence[Mapping[str, Any]], head: str, places: Sequence[str] = ()) -> Records:
    """Records from objects: a column for each key that any of them has."""
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = [tuple(row.get(name) for name in names) for row in rows]
    return Records(names, cells, places or [f"row {i}" for i in range(1, len(rows) + 1)], head)


def _few(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a file, whose numbers are limited.

    Raises:
        SpecError: there are too many rows or keys.
    """
    if len(rows) > MAX_READ:
        raise SpecError([Problem("", f"the table has more than {MAX_READ:,} rows; send fewer")])
    names = len({name for row in rows for name in row})
    if names > MAX_COLUMNS:
        cure = f"has {names:,} columns, more than {MAX_COLUMNS}; leave out those that no verdict reads"
        raise SpecError([Problem("", f"the table {cure}")])
    return rows


def _json(content: bytes) -> list[dict[str, Any]]:
    text, _ = decoded(content)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _lines(text)
    rows = _rows(value)
    if rows is None:
        raise SpecError([Problem("", "the JSON holds no rows; give a list of objects, one for each training")])
    return [_flat(row) for row in rows]


def _lines(text: str) -> Any:
    """One object a line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                raise SpecError([Problem(f"line {number}", "is not well-formed JSON")]) from None
    return found


def _rows(value: Any) -> list[Mapping[str, Any]] | None:
    """The rows in a list, under a usual key, or in columns; None where there are none."""
    if isinstance(value, list):
        return value if value and all(isinstance(row, dict) for row in value) else None
    if not isinstance(value, dict):
        return None
    for name in LISTS:
        if isinstance(value.get(name), list):
            return _rows(value[name])
    columns = {name: cells for name, cells in value.items() if isinstance(cells, list | dict)}
    lengths = {len(cells) for cells in columns.values()}
    if len(columns) < 2 or len(lengths) != 1 or not lengths.pop():
        return [value] if value else None
    lists = {n: list(cells.values()) if isinstance(cells, dict) else cells for n, cells in columns.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _flat(row: Mapping[str, Any], before: str = "", depth: int = 1) -> dict[str, Any]:
    """Values by their paths, joined by slashes; of a metric's observations the last one, as Keras Tuner has them."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        path = f"{before}/{name}" if before else str(name)
        if isinstance(value, Mapping) and isinstance(value.get("observations"), list):
            found[path] = _last(value["observations"])
        elif isinstance(value, Mapping) and depth < MOST_DEPTH:
            found |= _flat(value, path, depth + 1)
        elif not isinstance(value, Mapping | list):
            found[path] = value
        else:
            found[path] = json.dumps(value)[:40]
    return found


def _last(observations: Sequence[Any]) -> float | None:
    last = observations[-1] if observations else None
    values = last.get("value") if isinstance(last, Mapping) else None
    numbers = [v for v in values if isinstance(v, int | float)] if isinstance(values, list) else []
    return sum(numbers) / len(numbers) if numbers else None


def _parquet(content: bytes) -> list[dict[str, Any]]:
    if find_spec("pyarrow") is None:
        text = "the file is Parquet, which needs pyarrow; install golden-study[parquet], or save the table as CSV"
        raise SpecError([Problem("", text)])
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > MAX_READ or file.metadata.num_columns > MAX_COLUMNS:
            text = f"has more than {MAX_READ:,} rows or {MAX_COLUMNS} columns; save fewer"
            raise SpecError([Problem("", f"the file {text}")])
        wanted = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
        return list(file.read(columns=wanted).to_pylist())
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError([Problem("", "the file is not well-formed Parquet; save it anew, or as CSV")]) from None
