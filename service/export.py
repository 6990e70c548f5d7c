"""All runs of a study as CSV, JSON or Parquet, streamed: memory stays flat whatever the study's size."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec

from service.csv_cells import cell as _cell
from service.flat_rows import PAIR, columns_for, flat, pieces
from service.response_cache import to_json
from studies.errors import GoldenError
from studies.storage.read_models import RunRow


class ParquetMissingError(GoldenError, RuntimeError):
    """Parquet is asked for where pyarrow is not installed."""

    def __str__(self) -> str:
        return (
            "Parquet needs pyarrow, which is not installed where the service runs; "
            "install golden-study[parquet] there, or ask for csv or json"
        )


def to_csv(rows: Iterable[RunRow], parameters: Sequence[str] = PAIR) -> Iterator[bytes]:
    """CSV with a header line; curves as JSON lists; texts that a spreadsheet would run are quoted with '.

    Args:
        rows: of one study.
        parameters: names of its parameters: two, or those of all arms of a comparison.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns_for(parameters))
    for piece in pieces(rows):
        writer.writerows([_cell(value) for value in flat(row, parameters).values()] for row in piece)
        yield _drain(buffer)
    yield _drain(buffer)


def to_json_list(rows: Iterable[RunRow], parameters: Sequence[str] = PAIR) -> Iterator[bytes]:
    """One JSON array of flat records; arguments as of `to_csv`."""
    yield b"["
    first = True
    for piece in pieces(rows):
        text = to_json([flat(row, parameters) for row in piece])[1:-1]
        yield text if first else b"," + text
        first = False
    yield b"]\n"


def to_parquet(rows: Iterable[RunRow], parameters: Sequence[str] = PAIR) -> Iterator[bytes]:
    """A Parquet file, one row group per piece, curves as lists; arguments as of `to_csv`.

    Raises:
        ParquetMissingError: pyarrow is not installed; raised at once, not at the first piece.
    """
    if not parquet_installed():
        raise ParquetMissingError
    from service.parquet import written  # brings pyarrow, which is an optional dependency

    return written(rows, parameters)


def parquet_installed() -> bool:
    """True where pyarrow is installed, so that Parquet files can be written."""
    return find_spec("pyarrow") is not None


def _drain(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
