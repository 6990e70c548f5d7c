"""Studies of other update rules, through the service: claims on their own parameters, notes, and reconstructions."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from planted_worker import Planted

from studies.report.document import verify_report
from studies.report.page import render_html
from studies.storage.engine import Database

SIZES = {"map_points": 16, "claim_replicates": 2, "zoom_points": 16, "confirm_blocks": 10}
RATE = {"name": "eta", "scale": "log", "low": 1e-3, "high": 1.0}
BETA = {"name": "beta1", "scale": "log_one_minus", "low": 0.0, "high": 0.99}
DIGITS: dict[str, Any] = {"dataset": "digits", "epochs": 2}
ADAM: dict[str, Any] = {
    "name": "adam",
    "parameters": [RATE, BETA],
    "claim": {"at": {"eta": 0.02, "beta1": 0.8}},
    "losses": ["golden"],
    "contexts": [{**DIGITS, "update_rule": {"name": "adam", "beta2": 0.99}}],
    "design": SIZES,
}
ANNEALED: dict[str, Any] = {
    "name": "annealed",
    "losses": ["golden"],
    "contexts": [
        {**DIGITS, "name": "usual"},
        {**DIGITS, "name": "falling", "update_rule": "dlr", "schedule": "anneal_eta"},
    ],
    "design": {**SIZES, "mates": []},
}


@pytest.fixture
def adam(api: TestClient, database: Database) -> str:
    """A complete study of Adam's eta and beta1 with a planted optimum near its claim."""
    answer = api.post("/api/v1/studies", json=ADAM)
    assert answer.status_code == 201, answer.text
    Planted(peak=(0.03, 0.8)).work_off(database)
    return "/api/v1/studies/adam"


def test_a_claim_on_a_rules_own_parameters_is_judged_shown_and_verified(api: TestClient, adam: str) -> None:
    sweep = api.get(f"{adam}/verdict").json()["sweeps"][0]
    assert [place["name"] for place in sweep["parameters"]] == ["eta", "beta1"]
    assert sweep["effective_rate"]["estimate"] is None
    arms = {comparison["arm"] for comparison in sweep["comparisons"]}
    assert arms and not arms & {"mate:0", "mate:0.97", "default"}
    report = api.get(f"{adam}/report.json").json()
    assert {"eta", "beta1"} <= report["sweeps"][0]["runs"].keys()
    assert verify_report(report) == []
    rule = api.get(adam).json()["spec"]["contexts"][0]["update_rule"]
    assert rule == {"name": "adam", "beta2": 0.99, "epsilon": 1e-8}, "without what the study varies"
    page = api.get("/studies/adam", headers={"Accept": "text/html"}).text
    assert "<dd>adam, beta1 varies, beta2 0.99, epsilon 1e-08</dd>" in page


def test_the_same_document_as_it_was_parsed_is_the_same_study(api: TestClient, adam: str) -> None:
    again = api.post("/api/v1/studies", json=api.get(adam).json()["spec"])
    assert again.status_code == 200, again.text


def test_a_reconstruction_is_called_one_on_page_preview_and_report(api: TestClient, database: Database) -> None:
    notes = api.post("/api/v1/studies/preview", json=ANNEALED).json()["cost"]["notes"]
    assert any(note.startswith("dlr: its eta is eta_0") for note in notes)
    assert any(note.startswith("anneal_eta (reconstruction): no source gives all of it") for note in notes)
    assert api.post("/api/v1/studies", json=ANNEALED).status_code == 201
    Planted(peak=(0.03, 0.8)).work_off(database)
    page = api.get("/studies/annealed", headers={"Accept": "text/html"}).text
    assert page.count("falling (reconstruction)") >= 3
    assert "<dd>anneal_eta (reconstruction), end 0, share 0.25</dd>" in page
    assert "its eta is eta_0" in page
    sentences = [sweep["sentence"] for sweep in api.get("/api/v1/studies/annealed/verdict").json()["sweeps"]]
    assert ["context falling (reconstruction)" in sentence for sentence in sentences] == [False, True]
    report = render_html(api.get("/api/v1/studies/annealed/report.json").json())
    assert "falling (reconstruction)" in report and "its eta is eta_0" in report
    assert "usual (reconstruction)" not in page + report


def test_a_refusal_names_field_and_cure(api: TestClient) -> None:
    answer = api.post("/api/v1/studies", json={**ADAM, "contexts": [{**DIGITS, "update_rule": "sgd"}]})
    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["field"] == "contexts.0"
    assert "which has a learning rate alone: a claim about one parameter is a claim on a line" in problem["message"]
