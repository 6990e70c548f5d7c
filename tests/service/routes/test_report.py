"""The report verifies, and its page stands alone."""

from __future__ import annotations

from fastapi.testclient import TestClient

from studies.report.document import verify_report

STUDY = "/api/v1/studies/measured"


def test_report_verifies_and_its_page_stands_alone(api: TestClient, measured: str) -> None:
    report = api.get(f"{STUDY}/report.json").json()
    assert verify_report(report) == []
    page = api.get(f"{STUDY}/report.html")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.text.startswith("<!doctype html>") or page.text.startswith("<!DOCTYPE html>")


def test_the_answer_is_a_picture_of_its_own(api: TestClient, measured: str) -> None:
    picture = api.get(f"{STUDY}/report.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg xmlns=")
    assert api.get("/api/v1/studies/none/report.svg").status_code == 404


def test_the_light_page_has_no_plotly(api: TestClient, measured: str) -> None:
    light, full = (api.get(f"{STUDY}/report.html?plotly={given}").text for given in ("false", "true"))
    assert len(light) < 500_000 < 4_000_000 < len(full)
    assert "This is the light form of the report" in light
    assert "This is the light form" not in full
    assert "Verdict per loss" in light
