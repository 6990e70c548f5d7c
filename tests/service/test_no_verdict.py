"""A study that compares arms, through the service: shown, exported and completed, and no verdict asked for or given."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import optuna
import pyarrow.parquet as pq
import pytest
from compared_study import COMPARED, compared
from fastapi.testclient import TestClient
from planted_worker import Planted
from rich.console import Console

from service.remaining import sweep_totals
from service.tables import sweep_table
from studies.errors import NoVerdictError
from studies.judgement import judge, report
from studies.storage import notices, overview, own_sweeps
from studies.storage.contents import VERSION_TABLE
from studies.storage.drawer import drawer
from studies.storage.engine import Database

NAME = "arms-on-digits"
STUDY = f"/api/v1/studies/{NAME}"
SENTENCE = f"study '{NAME}' compares arms and states no verdict; see its comparison"
BROWSER = {"Accept": "text/html"}
TOML = {"Content-Type": "application/toml"}


@pytest.fixture
def study(api: TestClient, database: Database) -> dict[str, Any]:
    """A complete comparison by planted results, as the service shows it."""
    answer = api.post("/api/v1/studies", content=COMPARED.encode(), headers=TOML)
    assert answer.status_code == 201, answer.text
    Planted(peak=(0.1, 0.5)).work_off(database)
    found: dict[str, Any] = api.get(STUDY).json()
    assert found["summary"]["state"] == "complete"
    return found


ASKED: list[tuple[str, str, Any]] = [
    ("GET", f"{STUDY}/verdict", None),
    ("GET", f"{STUDY}/verdict?objective=error", None),
    ("GET", f"{STUDY}/verdict?analysis=4", None),
    ("GET", f"{STUDY}/verdict/objectives", None),
    ("GET", f"{STUDY}/forecast", None),
    ("GET", f"{STUDY}/figures/landscape", None),
    ("GET", f"{STUDY}/figures/history?sweep=cross_entropy@digits-sgd", None),
    ("POST", f"{STUDY}/extend", {"until_decided": True, "max_runs": 100}),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_whoever_asks_for_a_verdict_gets_one_sentence(
    api: TestClient, study: dict[str, Any], method: str, path: str, body: Any
) -> None:
    answer = api.request(method, path, json=body)
    assert (answer.status_code, answer.json()["detail"]) == (404, SENTENCE)
    assert answer.json()["type"].endswith(":no-verdict")


def test_an_unfinished_comparison_has_no_verdict_either(api: TestClient) -> None:
    assert api.post("/api/v1/studies", content=COMPARED.encode(), headers=TOML).status_code == 201
    assert api.get(f"{STUDY}/verdict").json()["detail"] == SENTENCE
    assert api.get(f"/studies/{NAME}", headers=BROWSER).status_code == 200


def test_it_takes_no_more_runs(api: TestClient, study: dict[str, Any]) -> None:
    answer = api.post(f"{STUDY}/extend", json={"more": 3})
    assert answer.status_code == 409
    assert "compares arms has a fixed size" in answer.json()["detail"]
    assert api.get(STUDY).json()["summary"] == study["summary"]


def test_the_plain_functions_refuse_too(database: Database, study: dict[str, Any]) -> None:
    for ask in (judge, report):
        with pytest.raises(NoVerdictError, match="compares arms and states no verdict"):
            ask(database, NAME)


def test_its_completion_is_noticed_and_no_decision(api: TestClient, database: Database, study: dict[str, Any]) -> None:
    assert [notice.event.value for notice in notices.page(database).items] == ["completed"]
    assert [notice["event"] for notice in api.get("/api/v1/notices").json()["items"]] == ["completed"]


def test_it_is_no_test_of_the_golden_claim(database: Database, study: dict[str, Any]) -> None:
    found = drawer(database, compared().claim)
    assert (found.studies, found.complete) == (0, 0)


def test_pages_show_each_arm_by_its_own_parameters(api: TestClient, study: dict[str, Any]) -> None:
    page = api.get(f"/studies/{NAME}?sweep=cross_entropy@digits-adam", headers=BROWSER)
    assert page.status_code == 200 and "measure" in page.text
    trial = api.get(f"/studies/{NAME}/trials/cross_entropy@digits-adadelta/4", headers=BROWSER)
    assert trial.status_code == 200 and "rho" in trial.text and "published" in trial.text
    assert api.get("/", headers=BROWSER).status_code == 200
    outcome = api.get(f"/studies/{NAME}/outcome", headers=BROWSER)
    assert outcome.status_code == 200 and "compares arms" in outcome.text
    objectives = api.get(f"/studies/{NAME}/objectives", headers=BROWSER)
    assert objectives.status_code == 404 and "states no verdict" in objectives.text


def test_trials_and_exports_name_the_parameters_of_each_arm(
    api: TestClient, database_path: Path, study: dict[str, Any]
) -> None:
    items = api.get(f"{STUDY}/trials?sweep=cross_entropy@digits-adam&limit=500").json()["items"]
    assert {tuple(item["parameters"]) for item in items} == {("eta", "epsilon")}
    rows = api.get(f"{STUDY}/export.json").json()
    assert len(rows) == 40
    names = ["eta", "alpha", "epsilon", "rho"]
    assert list(rows[0])[6:10] == names
    published = {
        row["sweep"].partition("digits-")[2]: [row[name] for name in names] for row in rows if row["arm"] == "published"
    }
    assert published == {
        "sgd": [0.1, 0.0, None, None],
        "heavy-ball": [0.02, 0.9, None, None],
        "adam": [0.001, None, 1e-8, None],
        "adadelta": [1.0, None, None, 0.95],
    }
    lines = list(csv.DictReader(io.StringIO(api.get(f"{STUDY}/export.csv").text)))
    assert list(lines[0]) == list(rows[0]) and [line["rho"] for line in lines] == [
        "" if row["rho"] is None else repr(row["rho"]) for row in rows
    ]
    assert pq.read_table(io.BytesIO(api.get(f"{STUDY}/export.parquet").content)).to_pylist() == rows
    mirrored = optuna.load_study(study_name=f"{NAME}/cross_entropy@digits-sgd", storage=f"sqlite:///{database_path}")
    assert len(mirrored.trials) == 10 and mirrored.trials[0].params["alpha"] == 0.0
    with pytest.raises(NoVerdictError):
        own_sweeps.own_runs(f"sqlite:///{database_path}", [VERSION_TABLE], f"{NAME}/cross_entropy@digits-sgd")


def test_tables_of_a_terminal_name_them_too(database: Database, study: dict[str, Any]) -> None:
    detail = overview.get(database, NAME)
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(sweep_table(detail))
    text = console.export_text()
    assert "epsilon" in text and "rho" in text and "measure" in text
    assert sweep_totals(detail) == {sweep.name: 10 for sweep in detail.sweeps}


def test_progress_counts_the_measuring_before_it_is_planned(api: TestClient, database: Database) -> None:
    assert api.post("/api/v1/studies", content=COMPARED.encode(), headers=TOML).status_code == 201
    assert set(sweep_totals(overview.get(database, NAME)).values()) == {10}


def test_a_preview_counts_every_arm(api: TestClient) -> None:
    answer = api.post("/api/v1/studies/preview", content=COMPARED.encode(), headers=TOML)
    assert answer.status_code == 200, answer.text
    assert answer.json()["cost"]["runs_by_phase"] == {"tune": 16, "measure": 24}
    powered = api.post("/api/v1/studies/preview?power=true", content=COMPARED.encode(), headers=TOML)
    assert powered.status_code == 200 and powered.json()["power"] is None


def test_its_runs_are_no_evidence_for_a_claim(api: TestClient, study: dict[str, Any]) -> None:
    rows = api.get(f"{STUDY}/export.json").json()
    document = json.loads(json.dumps(study["spec"]))
    answer = api.post("/api/v1/verdicts", json={"rows": rows, "document": document})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"].startswith("document: compares arms and states no claim")
    answer = api.post(
        "/api/v1/verdicts?claim=eta%3D0.1,alpha%3D0.5",
        content=api.get(f"{STUDY}/export.csv").content,
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200
    found = answer.json()
    assert (found["outcome"], "phase" in found["ignored_columns"]) == ("inconclusive", True), "trials of somebody else"
    row = {"eta": 0.1, "alpha": 0.5, "value": 0.9, "phase": "measure"}
    answer = api.post("/api/v1/verdicts", json={"rows": [row]})
    assert answer.status_code == 422 and "is no phase; write map" in answer.text, answer.text
