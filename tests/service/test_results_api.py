"""Trials, runs, verdicts, figures, exports and reports of a study that was measured."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from service.export import COLUMNS, FORMULA_STARTS, to_csv, to_json_list, to_parquet
from studies.figures.book import FIGURES
from studies.records import Replicate, RunResult
from studies.report.document import verify_report
from studies.storage.engine import Database
from studies.storage.records import RunRow

STUDY = "/api/v1/studies/measured"


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


def test_trials_and_runs_page_through_everything_once(api: TestClient, measured: str) -> None:
    for noun, total in (("trials", 56), ("runs", 56)):
        seen: list[tuple[Any, ...]] = []
        url = f"{STUDY}/{noun}?limit=20"
        while url:
            answer = api.get(url)
            key = "number" if noun == "trials" else "trial"
            seen += [(item["sweep"], item[key]) for item in answer.json()["items"]]
            url = answer.links["next"]["url"] if "next" in answer.links else ""
        assert len(seen) == len(set(seen)) == total
        assert seen == sorted(seen, key=lambda pair: (pair[0] != "golden@paper", pair[1]))


def test_trials_filter_and_sort(api: TestClient, measured: str) -> None:
    query = {"sweep": "sse@paper", "phase": "search", "state": "complete", "sort": "-value", "limit": 5}
    items = api.get(f"{STUDY}/trials", params=query).json()["items"]
    values = [item["value"] for item in items]
    assert {item["sweep"] for item in items} == {"sse@paper"}
    assert values == sorted(values, reverse=True)
    assert len(values) == 5


def test_study_is_complete_with_its_best_points(api: TestClient, measured: str) -> None:
    study = api.get(STUDY).json()
    assert study["summary"]["state"] == "complete"
    assert study["summary"]["runs_done"] == study["summary"]["runs_expected"] == 56
    assert all(sweep["best"]["value"] > 0.8 for sweep in study["sweeps"])


def test_verdict_answers_for_each_sweep_and_objective(api: TestClient, measured: str) -> None:
    for objective in (None, "cross_entropy"):
        verdict = api.get(f"{STUDY}/verdict", params={"objective": objective} if objective else {}).json()
        assert verdict["outcome"] == "inconclusive", "a search has no paired runs, so it decides nothing"
        assert verdict["objective"] == (objective or "accuracy")
        assert [sweep["sweep"] for sweep in verdict["sweeps"]] == ["golden@paper", "sse@paper"]
        assert [sweep["reasons"][0]["code"] for sweep in verdict["sweeps"]] == ["incomplete", "incomplete"]
        assert all("not complete" in sweep["sentence"] for sweep in verdict["sweeps"])


def test_verdict_is_sent_once(api: TestClient, measured: str) -> None:
    first = api.get(f"{STUDY}/verdict")
    again = api.get(f"{STUDY}/verdict", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("read", ["/trials?limit=5", "/runs?limit=5", "", "/report.json", "/verdict"])
def test_a_poll_that_finds_nothing_new_asks_for_one_row(
    api: TestClient, database: Database, measured: str, read: str
) -> None:
    first = api.get(STUDY + read)
    asked: list[str] = []
    sa.event.listen(
        database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]), named=False, propagate=True
    )
    again = api.get(STUDY + read, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len([text for text in asked if text.startswith("SELECT")]) == 1
    stale = api.get(STUDY + read, headers={"If-None-Match": 'W/"of-another-revision"'})
    assert (stale.status_code, stale.headers.get("link")) == (200, first.headers.get("link"))


def test_any_answer_is_not_an_error(api: TestClient, measured: str) -> None:
    anything = {"If-None-Match": "*"}
    assert api.get(f"{STUDY}/trials", headers=anything).status_code == 304
    assert api.get(f"{STUDY}/trials?cursor=W10", headers=anything).status_code == 422


@pytest.mark.parametrize("kind", FIGURES)
def test_figures_are_plotly_json(api: TestClient, measured: str, kind: str) -> None:
    answer = api.get(f"{STUDY}/figures/{kind}", params={"sweep": "sse@paper", "theme": "dark"})
    assert answer.status_code == 200, answer.text
    assert {"data", "layout"} <= answer.json().keys()


@pytest.mark.parametrize("kind", FIGURES)
def test_figures_of_a_study_without_results(api: TestClient, document: dict[str, Any], kind: str) -> None:
    api.post("/api/v1/studies", json=document)
    answer = api.get(f"/api/v1/studies/small/figures/{kind}")
    assert answer.status_code == 200, answer.text
    assert api.get("/api/v1/studies/small/verdict").json()["outcome"] == "inconclusive"


def test_exports_agree_with_each_other(api: TestClient, measured: str) -> None:
    rows = api.get(f"{STUDY}/export.json").json()
    table = pq.read_table(io.BytesIO(api.get(f"{STUDY}/export.parquet").content)).to_pylist()
    lines = list(csv.DictReader(io.StringIO(api.get(f"{STUDY}/export.csv").text)))
    assert len(rows) == len(table) == len(lines) == 56
    assert table == rows
    assert list(lines[0]) == list(COLUMNS)
    assert [float(line["eta"]) for line in lines] == [row["eta"] for row in rows]
    assert json.loads(lines[0]["accuracy_curve"]) == rows[0]["accuracy_curve"]


def test_empty_study_exports_a_header_and_no_rows(api: TestClient, document: dict[str, Any]) -> None:
    api.post("/api/v1/studies", json=document)
    export = "/api/v1/studies/small/export"
    assert api.get(f"{export}.csv").text.strip() == ",".join(COLUMNS)
    assert api.get(f"{export}.json").json() == []
    assert pq.read_table(io.BytesIO(api.get(f"{export}.parquet").content)).num_rows == 0


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


def test_report_verifies_and_its_page_stands_alone(api: TestClient, measured: str) -> None:
    report = api.get(f"{STUDY}/report.json").json()
    assert verify_report(report) == []
    page = api.get(f"{STUDY}/report.html")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.text.startswith("<!doctype html>") or page.text.startswith("<!DOCTYPE html>")


def test_a_study_submitted_anew_is_judged_anew(api: TestClient, measured: str, document: dict[str, Any]) -> None:
    assert api.get(f"{STUDY}/verdict").json()["sweeps"][0]["runs"] == 28
    assert api.delete(STUDY).status_code == 204
    api.post("/api/v1/studies", json={**document, "name": measured})
    assert api.get(f"{STUDY}/verdict").json()["sweeps"][0]["runs"] == 0
