"""Trials from the bytes of a file: every mistake named by line and column, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.foreign.asked import NOTHING_ASKED, Asked, ReadTable
from studies.foreign.dialect import MAX_BYTES as MAX_BYTES
from studies.foreign.dialect import MAX_COLUMNS as MAX_COLUMNS
from studies.foreign.dialect import csv_records
from studies.foreign.reading import table_from
from studies.foreign.sources import records_of
from studies.foreign.table import TrialTable


def read_file(content: bytes, options: Mapping[str, Any], asked: Asked = NOTHING_ASKED) -> ReadTable:
    """A table from a file of CSV, JSON or Parquet, and what of the file it has not.

    Args:
        content: the file.
        options: the other fields of `TrialTable`.
        asked: what is asked of the file.

    Raises:
        SpecError: the file is not acceptable; `problems` name line and column.
    """
    return table_from(records_of(content), options, asked)


def read_csv(content: bytes, options: Mapping[str, Any], asked: Asked = NOTHING_ASKED) -> ReadTable:
    """A table from CSV; as `read_file`."""
    return table_from(csv_records(content), options, asked)


def read_table(content: bytes, options: Mapping[str, Any]) -> TrialTable:
    """The table alone; as `read_csv`."""
    return read_csv(content, options).table


def ignored_columns(content: bytes, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the columns that `read_csv` ignores, in their order; same arguments and errors."""
    return read_csv(content, options).ignored_columns
