"""Exports of a large study: memory stays flat, callers may leave half-way, and no cell is run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from service import export
from service.cli import main
from service.client import Client, ExitCode
from service.commands import results as results_commands
from service.commands.doctor import examine
from service.csv_cells import FORMULA_STARTS
from service.export import to_csv, to_json_list, to_parquet
from service.settings import Settings
from studies.records import Replicate, RunResult
from studies.storage import listing
from studies.storage.engine import Database
from studies.storage.read_models import RunRow


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


@pytest.fixture
def no_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python as it is where pyarrow is not installed."""
    for name in [name for name in sys.modules if name == "service.parquet" or name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)


def test_without_pyarrow_parquet_is_refused_and_the_rest_is_exported(
    api: TestClient, measured: str, no_pyarrow: None
) -> None:
    refused = api.get(f"/api/v1/studies/{measured}/export.parquet")
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json()["type"].endswith(":parquet-not-installed")
    assert refused.json()["detail"] == str(export.ParquetMissingError())
    assert "install golden-study[parquet] there, or ask for csv or json" in refused.json()["detail"]
    assert len(api.get(f"/api/v1/studies/{measured}/export.json").json()) == 56
    assert len(api.get(f"/api/v1/studies/{measured}/export.csv").text.splitlines()) == 57
    assert api.get("/api/v1/studies/none/export.parquet").status_code == 404


def test_without_pyarrow_the_command_says_so_in_one_line(
    api: TestClient,
    measured: str,
    no_pyarrow: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(results_commands, "connect", lambda: Client("http://127.0.0.1:8000", transport=api._transport))
    file = tmp_path / "runs.parquet"
    assert main(["export", measured, "-o", str(file)]) == ExitCode.USAGE
    assert capsys.readouterr().err == f"error: {export.ParquetMissingError()}\n"
    assert not file.exists()
    assert main(["export", measured, "-o", str(tmp_path / "runs.csv")]) == ExitCode.OK


def test_doctor_says_whether_parquet_can_be_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (found,) = [finding for finding in examine(settings, {}) if finding.subject == "parquet"]
    assert (found.level, "is installed" in found.text) == ("ok", True)
    request.getfixturevalue("no_pyarrow")
    (found,) = [finding for finding in examine(settings, {}) if finding.subject == "parquet"]
    assert (found.level, "golden-study[parquet]" in found.text) == ("note", True)


def test_service_and_command_line_start_without_pyarrow() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import json, service.app, service.cli, service.openapi\n"
        "from service.export import parquet_installed\n"
        "print(json.dumps([parquet_installed(), len(service.openapi.document()) > 1000]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, True]


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
    return RunRow(**{**own, **changes}, replicate=Replicate(1, 2, 3, 4), result=result, cause="")


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
