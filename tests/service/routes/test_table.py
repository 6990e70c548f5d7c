"""A cross-validation's table over HTTP; its numbers are tested in `tests/studies/report/test_table1.py`."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient


def test_table_is_empty_without_cross_validation_and_404_without_study(api: TestClient, measured: str) -> None:
    assert api.get(f"/api/v1/studies/{measured}/table").json() == {"items": []}
    assert api.get("/api/v1/studies/none/table").status_code == 404


def test_table_of_a_study_that_has_not_begun_is_empty(api: TestClient, document: dict[str, Any]) -> None:
    points = [{"eta": 0.01586792470492602, "alpha": 0.8740320488976421}]
    design = {"kind": "cross_validation", "points": points, "repeats": 1}
    assert api.post("/api/v1/studies", json={**document, "name": "cv", "design": design}).status_code == 201
    assert api.get("/api/v1/studies/cv/table").json() == {"items": []}
