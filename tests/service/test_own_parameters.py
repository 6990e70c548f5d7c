"""A study of two parameters of its own, through the service: names everywhere, eta and alpha nowhere in words."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import optuna
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from planted_worker import Planted
from waiting import wait_until

from service.flat_rows import COLUMNS, columns_for
from studies.language.parameters import RESERVED, RESERVED_LATER
from studies.report.document import verify_report
from studies.storage.engine import Database

STUDY = "/api/v1/studies/own"
PARAMETERS = [
    {"name": "lr", "scale": "log", "low": 1e-3, "high": 1.0},
    {"name": "momentum", "scale": "log_one_minus", "low": 0.0, "high": 0.99},
]
DOCUMENT: dict[str, Any] = {
    "schema_version": 3,
    "name": "own",
    "parameters": PARAMETERS,
    "claim": {"at": {"lr": 0.02, "momentum": 0.8}},
    "losses": ["golden"],
    "contexts": [{"dataset": "digits", "epochs": 2}, {"dataset": "mnist", "images": 2000, "epochs": 2}],
    "design": {"map_points": 16, "claim_replicates": 2, "zoom_points": 16, "confirm_blocks": 10},
}


@pytest.fixture(params=["none", "effective_rate"])
def study(api: TestClient, database: Database, request: pytest.FixtureRequest) -> str:
    """A complete study with a planted optimum near its claim, with and without a ridge."""
    answer = api.post("/api/v1/studies", json={**DOCUMENT, "ridge": request.param})
    assert answer.status_code == 201, answer.text
    Planted(peak=(0.03, 0.8)).work_off(database)
    ridge: str = request.param
    return ridge


def test_a_study_of_ones_own_parameters_is_judged_shown_and_verified(api: TestClient, study: str) -> None:
    sweep = api.get(f"{STUDY}/verdict").json()["sweeps"][0]
    assert [place["name"] for place in sweep["parameters"]] == ["lr", "momentum"]
    assert [place["claim"] for place in sweep["parameters"]] == [0.02, 0.8]
    assert sweep["parameters"][0]["near_low"] == pytest.approx(0.01)
    assert sweep["parameters"][1]["near_high"] == pytest.approx(0.9)
    assert (sweep["effective_rate"]["estimate"] is None) == (study == "none")
    arms = {comparison["arm"] for comparison in sweep["comparisons"]}
    assert bool(arms & {"mate:0", "mate:0.97", "default"}) == (study != "none")
    for text in (sweep["sentence"], *(reason["text"] for reason in sweep["reasons"])):
        assert "η" not in text and "α" not in text
    report = api.get(f"{STUDY}/report.json").json()
    assert {"lr", "momentum"} <= report["sweeps"][0]["runs"].keys()
    assert verify_report(report) == []
    report["sweeps"][0]["runs"]["lr"][0] *= 1.01
    assert verify_report(report)


def test_pages_and_figures_name_the_parameters(api: TestClient, study: str) -> None:
    browser = {"Accept": "text/html"}
    for path in ("/studies/own", "/studies/own/trials/golden@digits/3", "/studies/own/objectives"):
        wait_until(lambda path=path: "momentum" in api.get(path, headers=browser).text, what=f"{path} to be judged")
        answer = api.get(path, headers=browser)
        assert answer.status_code == 200
        assert "η" not in answer.text and "α" not in answer.text
    for figure in ("landscape", "paired", "slices", "history", "drift", "curves"):
        answer = api.get(f"{STUDY}/figures/{figure}?sweep=golden@digits")
        assert answer.status_code == 200
        assert "η" not in json.dumps(answer.json(), ensure_ascii=False)
    page = api.get(f"{STUDY}/report.html").text
    assert "Optimum’s lr" in page and "Optimum’s η" not in page


def test_trials_and_exports_have_the_parameters_by_name(api: TestClient, database_path: Path, study: str) -> None:
    first = api.get(f"{STUDY}/trials?limit=1").json()["items"][0]
    assert first["parameters"] == {"lr": first["eta"], "momentum": first["alpha"]}
    run = api.get(f"{STUDY}/runs?limit=1").json()["items"][0]
    assert run["parameters"] == {"lr": run["eta"], "momentum": run["alpha"]}
    rows = api.get(f"{STUDY}/export.json").json()
    lines = list(csv.DictReader(io.StringIO(api.get(f"{STUDY}/export.csv").text)))
    assert list(rows[0]) == list(lines[0]) == list(columns_for(("lr", "momentum")))
    assert pq.read_table(io.BytesIO(api.get(f"{STUDY}/export.parquet").content)).to_pylist() == rows
    detail = api.get(STUDY).json()
    assert set(detail["sweeps"][0]["best"]["parameters"]) == {"lr", "momentum"}
    mirrored = optuna.load_study(study_name="own/golden@digits", storage=f"sqlite:///{database_path}")
    assert set(mirrored.trials[0].params) == {"lr", "momentum"}
    assert ("s" in mirrored.trials[0].user_attrs) == (study != "none")


def test_no_parameter_can_be_called_as_another_column_of_an_export() -> None:
    assert set(COLUMNS) - {"eta", "alpha"} <= RESERVED | RESERVED_LATER


def test_a_table_of_trials_takes_no_claim_that_it_cannot_judge(api: TestClient) -> None:
    rows = [{"eta": 0.01 * (i + 1), "alpha": 0.5, "value": 0.9} for i in range(12)]
    for claim, field in (
        ({"at": {"lr": 0.1, "momentum": 0.5}}, "claim.at.lr"),
        ({"eta": 0.1, "alpha": 0.5, "tolerance": {"lr": 2.0}}, "claim.tolerance.lr"),
        ({"eta": 0.1, "alpha": 0.5, "objective": "measure"}, "claim.objective"),
        ({"eta": 0.1, "alpha": 0.5, "decoys": [{"at": {"x": 1.0, "y": 2.0}}]}, "claim.decoys.0.at.x"),
    ):
        answer = api.post("/api/v1/verdicts", json={"rows": rows, "claim": claim})
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]
