"""Exports: the same runs in each form."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
from fastapi.testclient import TestClient

from service.flat_rows import COLUMNS
from studies.storage import listing
from studies.storage.engine import Database

STUDY = "/api/v1/studies/measured"


def test_exports_agree_with_each_other(api: TestClient, measured: str) -> None:
    rows = api.get(f"{STUDY}/export.json").json()
    table = pq.read_table(io.BytesIO(api.get(f"{STUDY}/export.parquet").content)).to_pylist()
    lines = list(csv.DictReader(io.StringIO(api.get(f"{STUDY}/export.csv").text)))
    assert len(rows) == len(table) == len(lines) == 56
    assert table == rows
    assert list(lines[0]) == list(COLUMNS)
    assert [float(line["eta"]) for line in lines] == [row["eta"] for row in rows]
    failed = [row["divergence"] is not None for row in rows]
    assert [row["cause"] != "" for row in rows] == failed == [line["cause"] != "" for line in lines]
    assert json.loads(lines[0]["accuracy_curve"]) == rows[0]["accuracy_curve"]


def test_empty_study_exports_a_header_and_no_rows(api: TestClient, document: dict[str, Any]) -> None:
    api.post("/api/v1/studies", json=document)
    export = "/api/v1/studies/small/export"
    assert api.get(f"{export}.csv").text.strip() == ",".join(COLUMNS)
    assert api.get(f"{export}.json").json() == []
    assert pq.read_table(io.BytesIO(api.get(f"{export}.parquet").content)).num_rows == 0


def test_a_caller_who_leaves_half_way_leaves_no_connection(api: TestClient, database: Database, measured: str) -> None:
    for _ in range(20):  # more often than there are connections
        rows = listing.iter_runs(database, measured)
        next(iter(rows))
        rows.close()  # type: ignore[attr-defined]
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert api.get(f"/api/v1/studies/{measured}/export.csv").status_code == 200
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
