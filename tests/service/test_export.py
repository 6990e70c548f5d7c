"""Writers of exports: memory stays flat, and no cell is run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from service import export
from service.export import FORMULA_STARTS, to_csv, to_json_list, to_parquet
from studies.records import Replicate, RunResult
from studies.storage import results
from studies.storage.engine import Database
from studies.storage.records import RunRow


def _row(**changes: Any) -> RunRow:
    result = RunResult(
        n_test=10,
        correct=9,
        accuracy=0.9,
        error=0.1,
        cross_entropy=0.5,
        own_loss=0.4,
        loss_area=0.6,
        epochs_to_target=None,
        diverged_at=None,
        divergence=None,
        steps=5,
        seconds=0.1,
        stack="s",
        accuracy_curve=(0.5, 0.9),
        cross_entropy_curve=(0.7, None),
        loss_curve=(0.6, None),
    )
    own: dict[str, Any] = {"sweep": "golden@paper", "trial": 0, "run": 0, "phase": "map", "arm": "point", "block": 3}
    own |= {"eta": 0.01, "alpha": 0.9}
    return RunRow(**{**own, **changes}, replicate=Replicate(1, 2, 3, 4), result=result)


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_csv_disarms_formulas(start: str) -> None:
    text = b"".join(to_csv([_row(arm=f"{start}cmd()")])).decode()
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert line["arm"] == f"'{start}cmd()"


def test_exports_stream_in_pieces() -> None:
    rows = [_row(trial=i) for i in range(2500)]
    for write in (to_csv, to_json_list, to_parquet):
        pieces = [piece for piece in write(iter(rows)) if piece]
        assert len(pieces) >= 3
    assert len(json.loads(b"".join(to_json_list(rows)))) == 2500
    assert pq.read_table(io.BytesIO(b"".join(to_parquet(rows)))).num_rows == 2500


@pytest.fixture
def row(api: TestClient, database: Database, measured: str) -> RunRow:
    """One run, as stored."""
    return next(iter(results.iter_runs(database, measured)))


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
