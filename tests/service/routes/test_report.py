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
