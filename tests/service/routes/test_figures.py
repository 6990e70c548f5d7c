"""Figures as Plotly JSON, also of a study without results."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from studies.figures.book import FIGURES

STUDY = "/api/v1/studies/measured"


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
