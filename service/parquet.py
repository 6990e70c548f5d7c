"""Runs as a Parquet file. Only this module imports pyarrow; `service.export.to_parquet` checks that it is installed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from service.flat_rows import COLUMNS, PAIR, columns_for, flat, pieces
from studies.records import Replicate
from studies.storage.read_models import RunRow

CURVES = tuple(name for name in COLUMNS if name.endswith("_curve"))
TEXTS = ("sweep", "phase", "arm", "divergence", "cause", "stack")
COUNTS = ("trial", "run", "block", "n_test", "correct", "diverged_at", "steps")
INTEGERS = (*COUNTS, *(field.name for field in fields(Replicate)))


def written(rows: Iterable[RunRow], parameters: Sequence[str] = PAIR) -> Iterator[bytes]:
    """The bytes of a Parquet file, one row group per piece, curves as lists."""
    sink = _Sink()
    schema = parquet_schema(parameters)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for piece in pieces(rows):
            writer.write_table(pa.Table.from_pylist([flat(row, parameters) for row in piece], schema=schema))
            yield sink.take()
    yield sink.take()


def parquet_schema(parameters: Sequence[str] = PAIR) -> pa.Schema:
    """Column types of the Parquet export of a study with these parameters."""
    names = columns_for(parameters)
    return pa.schema([(name, pa.float64() if name in parameters else _type(name)) for name in names])


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


def _type(name: str) -> pa.DataType:
    if name in CURVES:
        return pa.list_(pa.float64())
    if name in TEXTS:
        return pa.string()
    return pa.int64() if name in INTEGERS else pa.float64()
