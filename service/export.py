"""All runs of a study as CSV, JSON or Parquet, streamed: memory stays flat whatever the study's size."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from service.response_cache import to_json
from studies.records import Replicate, RunResult
from studies.storage.records import RunRow

CHUNK = 1000  # rows per piece, and per row group in Parquet
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so
_OWN = ("sweep", "trial", "run", "phase", "arm", "block", "eta", "alpha")
_REPLICATE = tuple(f.name for f in fields(Replicate))
_RESULT = tuple(f.name for f in fields(RunResult))
_CURVES = tuple(name for name in _RESULT if name.endswith("_curve"))
_TEXTS = ("sweep", "phase", "arm", "divergence", "stack")
_WHOLE = ("trial", "run", "block", *_REPLICATE, "n_test", "correct", "epochs_to_target", "diverged_at", "steps")
COLUMNS = (*_OWN, *_REPLICATE, *_RESULT)


def flat(row: RunRow) -> dict[str, Any]:
    """A run as one flat record, in the order of `COLUMNS`."""
    own = {name: getattr(row, name) for name in _OWN}
    replicate = {name: getattr(row.replicate, name) for name in _REPLICATE}
    return {**own, **replicate, **{name: getattr(row.result, name) for name in _RESULT}}


def to_csv(rows: Iterable[RunRow]) -> Iterator[bytes]:
    """CSV with a header line; curves as JSON lists; texts that a spreadsheet would run are quoted with '."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for piece in _pieces(rows):
        writer.writerows([_cell(value) for value in flat(row).values()] for row in piece)
        yield _drain(buffer)
    yield _drain(buffer)


def to_json_list(rows: Iterable[RunRow]) -> Iterator[bytes]:
    """One JSON array of flat records."""
    yield b"["
    first = True
    for piece in _pieces(rows):
        text = to_json([flat(row) for row in piece])[1:-1]
        yield text if first else b"," + text
        first = False
    yield b"]\n"


def to_parquet(rows: Iterable[RunRow]) -> Iterator[bytes]:
    """A Parquet file, one row group per piece, curves as lists."""
    sink = _Sink()
    schema = parquet_schema()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for piece in _pieces(rows):
            writer.write_table(pa.Table.from_pylist([flat(row) for row in piece], schema=schema))
            yield sink.take()
    yield sink.take()


def parquet_schema() -> pa.Schema:
    """Column types of the Parquet export."""
    return pa.schema([(name, _type(name)) for name in COLUMNS])


class _Sink(io.RawIOBase):
    """A file that can only be written, and whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Everything written since the last call."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _pieces(rows: Iterable[RunRow]) -> Iterator[list[RunRow]]:
    source = iter(rows)
    while piece := list(islice(source, CHUNK)):
        yield piece


def _drain(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def _type(name: str) -> pa.DataType:
    if name in _CURVES:
        return pa.list_(pa.float64())
    if name in _TEXTS:
        return pa.string()
    return pa.int64() if name in _WHOLE else pa.float64()
