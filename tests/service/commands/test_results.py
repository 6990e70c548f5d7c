"""Commands about results, against a real server: report, verify, export, catalogue, schema and workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden_cli import Server, as_json, study_file

from service.cli import main
from service.client_errors import ExitCode
from studies.report.document import verify_report
from studies.text import UNSAFE


def test_report_and_export_write_files(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", study_file(tmp_path, "kept")]) == ExitCode.OK
    assert main(["report", "kept"]) == ExitCode.OK
    assert main(["report", "kept", "--format", "json"]) == ExitCode.OK
    assert verify_report(json.loads((tmp_path / "kept-report.json").read_text())) == []
    assert main(["verify", "kept-report.json"]) == ExitCode.OK
    assert main(["report", "kept"]) == ExitCode.FAILED  # not overwritten
    assert main(["report", "kept", "--force"]) == ExitCode.OK
    assert main(["export", "kept", "-o", str(tmp_path)]) == ExitCode.FAILED  # a folder
    assert main(["export", "kept", "-o", "runs.parquet", "--format", "parquet"]) == ExitCode.OK
    assert (tmp_path / "runs.parquet").read_bytes()[:4] == b"PAR1"
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []


def test_a_files_name_says_its_form(golden: Server, tmp_path: Path) -> None:
    assert main(["submit", study_file(tmp_path, "named")]) == ExitCode.OK
    assert main(["report", "named", "-o", "kept.json"]) == ExitCode.OK
    assert main(["verify", "kept.json"]) == ExitCode.OK
    assert main(["report", "named", "-o", "kept.json.gz"]) == ExitCode.OK
    assert (tmp_path / "kept.json.gz").read_bytes()[:2] == b"\x1f\x8b"
    assert main(["verify", "kept.json.gz"]) == ExitCode.OK
    assert main(["report", "named", "-o", "page.htm"]) == ExitCode.OK  # no form's name: the default
    assert (tmp_path / "page.htm").read_bytes().startswith(b"<!doctype html>")
    assert main(["export", "named", "-o", "runs.PARQUET"]) == ExitCode.OK
    assert (tmp_path / "runs.PARQUET").read_bytes()[:4] == b"PAR1"


def test_a_notebook_and_a_light_page(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", study_file(tmp_path, "light")]) == ExitCode.OK
    assert main(["report", "light", "-o", "light.ipynb"]) == ExitCode.OK
    assert json.loads((tmp_path / "light.ipynb").read_text())["nbformat"] == 4
    assert main(["report", "light", "--format", "notebook"]) == ExitCode.OK
    assert (tmp_path / "light-report.ipynb").is_file()
    assert main(["report", "light", "--without-plotly"]) == ExitCode.OK
    assert (tmp_path / "light-report.html").stat().st_size < 500_000
    capsys.readouterr()
    assert main(["report", "light", "--without-plotly", "--format", "json"]) == ExitCode.USAGE
    assert "--without-plotly is about the html form alone" in " ".join(capsys.readouterr().err.split())


def test_verify_refuses_what_was_bent(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", study_file(tmp_path, "bent")])
    report = as_json(capsys, "report", "bent")
    (tmp_path / "bent.json").write_text(json.dumps({**report, "claim_hash": "0" * 64}))
    assert main(["verify", "bent.json"]) == ExitCode.FAILED
    (tmp_path / "none.json").write_text("{")
    assert main(["verify", "none.json"]) == ExitCode.USAGE
    assert main(["verify", "missing.json"]) == ExitCode.USAGE


def test_the_documents_that_schema_prints_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Their patterns list characters beyond U+FFFF, which the terminal's own escapes would spoil."""
    for options in [], ["--openapi"]:
        assert main(["schema", *options]) == ExitCode.OK
        shown = capsys.readouterr().out
        assert not UNSAFE.search(shown.replace("\n", ""))
        assert json.loads(shown)
