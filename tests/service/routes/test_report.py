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
