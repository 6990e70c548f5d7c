"""`golden rejudge`: a published report under another analysis, as text, as a page and as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from service.cli import main
from service.client_errors import ExitCode
from studies.verdict.methods import METHODS

REPORT = Path(__file__).parents[3] / "docs/results/rotated-mnist.json"


def test_old_and_new_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, page = tmp_path / "report.json", tmp_path / "beside.html"
    shutil.copy(REPORT, file)
    assert main(["rejudge", str(file), "--output", str(page)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert f"analysis {max(METHODS)}" in shown
    assert "golden@paper" in shown
    assert str(page) in shown
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert main(["rejudge", str(file), "--analysis", "4", "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["own"] == found["again"], "its own analysis says what the report says"
    assert found["own"]["sentence"] == json.loads(REPORT.read_text("utf-8"))["verdict"]["sentence"]


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("{}", ["--analysis", "9"], "analysis: is 9; this program has 4, 5"),
        ("{}", [], "is not a report of this program"),
        ("[]", [], "holds no report"),
        ('{"spec": {"name": 3}, "verdict": {}}', [], "spec.name"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    content: str, options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    file.write_text(content)
    assert main(["rejudge", str(file), *options]) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_an_existing_page_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "beside.html"
    page.write_text("mine")
    assert main(["rejudge", str(REPORT), "-o", str(page)]) != ExitCode.OK
    assert page.read_text() == "mine"
    assert "beside.html" in capsys.readouterr().err
