"""Exports of a large study: memory stays flat, callers may leave half-way, and no cell is run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
from fastapi.testclient import TestClient

from service import export
from studies.storage import listing
from studies.storage.engine import Database
from studies.storage.records import RunRow


@pytest.fixture
def row(api: TestClient, database: Database, measured: str) -> RunRow:
    """One run, as stored."""
    return next(iter(listing.iter_runs(database, measured)))


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx", "=HYPERLINK(1)"])
def test_formulas_are_quoted(row: RunRow, text: str) -> None:
    content = b"".join(export.to_csv([replace(row, arm=text)])).decode()
    cells = next(itertools.islice(csv.DictReader(io.StringIO(content, newline="")), 1))
    assert cells["arm"] == "'" + text


@pytest.mark.parametrize("write", [export.to_csv, export.to_json_list, export.to_parquet])
def test_sixty_thousand_runs_need_no_more_memory_than_a_few(row: RunRow, write: object) -> None:
    assert callable(write)
    process = psutil.Process()
    pieces: Iterator[bytes] = write(itertools.repeat(row, 60_000))
    written, peak = 0, 0
    for number, piece in enumerate(pieces):
        written += len(piece)
        if number == 10:
            base = process.memory_info().rss
        if number > 10:
            peak = max(peak, process.memory_info().rss - base)
    assert written > 100_000
    assert peak < 20e6


def test_a_caller_who_leaves_half_way_leaves_no_connection(api: TestClient, database: Database, measured: str) -> None:
    for _ in range(20):  # more often than there are connections
        rows = listing.iter_runs(database, measured)
        next(iter(rows))
        rows.close()  # type: ignore[attr-defined]
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert api.get(f"/api/v1/studies/{measured}/export.csv").status_code == 200
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
