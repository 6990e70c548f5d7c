"""The preview's chances to decide, over HTTP and in the terminal's table."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from rich.console import Console

from service.schemas import PreviewOut
from service.tables import preview_table

PREVIEW = "/api/v1/studies/preview"


@pytest.fixture
def located(document: dict[str, Any]) -> dict[str, Any]:
    """A small study that locates an optimum."""
    design = {"kind": "locate", "map_points": 16, "zoom_points": 16, "confirm_blocks": 3}
    return {**document, "design": design}


def test_preview_simulates_only_when_asked(api: TestClient, located: dict[str, Any], document: dict[str, Any]) -> None:
    assert api.post(PREVIEW, json=located).json()["power"] is None
    assert api.post(PREVIEW, params={"power": True}, json=document).json()["power"] is None  # a search
    answer = api.post(PREVIEW, params={"power": True}, json=located).json()
    assert [chance["right"] for chance in answer["power"]["chances"]] == ["supported", "refuted", "refuted"]
    assert answer["power"]["assumptions"]["source"] == "assumed"
    console = Console(record=True, width=120)
    console.print(preview_table(PreviewOut.model_validate(answer)))
    shown = console.export_text()
    assert "optimum at the claim's point" in shown
    assert "simulated with" in shown


def test_pilot_must_be_there_and_have_a_surface(api: TestClient, located: dict[str, Any]) -> None:
    assert api.post(PREVIEW, params={"pilot": "none"}, json=located).status_code == 404
    assert api.post(PREVIEW, params={"pilot": "../x"}, json=located).status_code == 404
    assert api.post("/api/v1/studies", json=located).status_code == 201
    answer = api.post(PREVIEW, params={"pilot": "small"}, json=located)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "pilot"
