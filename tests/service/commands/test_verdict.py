"""`golden verdict`: one source at a time, text and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from golden_cli import as_json
from own_trainers import submit

from service.cli import main
from service.client import Client
from service.client_errors import ExitCode
from service.commands import verdict
from studies.storage import external
from studies.storage.engine import Database
from studies.storage.external import Ending


@pytest.fixture
def here(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Point the command at the application of this test."""
    monkeypatch.setattr(verdict, "connect", lambda: Client("http://127.0.0.1:8000", transport=api._transport))
    return api


def test_json_is_what_the_service_sent(here: TestClient, measured: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert as_json(capsys, "verdict", measured) == here.get(f"/api/v1/studies/{measured}/verdict").json()
    address = f"/api/v1/studies/{measured}/verdict/objectives"
    assert as_json(capsys, "verdict", measured, "--all-objectives") == here.get(address).json()


def test_text_has_a_line_per_sweep_and_the_sentence(
    here: TestClient, measured: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verdict", measured]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "measured: by accuracy" in shown
    rows = [line.split() for line in shown.splitlines() if line.startswith((" golden", " sse"))]
    assert [row[1] for row in rows[:2]] == ["?", "?"], "the mark of an inconclusive verdict"
    assert "golden@paper" in shown
    assert "not complete" in " ".join(shown.split())
    assert main(["verdict", measured, "--all-objectives"]) == ExitCode.OK
    assert "Only accuracy was fixed in advance" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "name a study, or a file"),
        (["x", "--from", "y.csv"], "one of them"),
        (["x", "--study", "y"], "--study names a study"),
        (["x", "--images", "100", "--failed-as-diverged"], "--images and --failed-as-diverged belong to trials"),
        (["x", "--all-objectives", "--objective", "error"], "no --objective"),
        (["--from", "none.csv", "--all-objectives"], "--all-objectives takes the name of a study"),
        (["--from", "none.csv"], "cannot read 'none.csv'"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verdict", *arguments]) == ExitCode.USAGE
    assert text in capsys.readouterr().err


def test_foreign_trials_as_json_and_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("eta,alpha,value,extra\n" + "".join(f"0.0{i},0.{i},0.9{i},x\n" for i in range(1, 7)))
    found = as_json(capsys, "verdict", "--from", str(file))
    assert (found["study"], found["outcome"], found["ignored_columns"]) == ("mine", "inconclusive", ["extra"])
    assert json.dumps(found, allow_nan=False)
    assert main(["verdict", "--from", str(file)]) == ExitCode.OK
    assert found["notes"][0] in " ".join(capsys.readouterr().out.split())


def test_trials_that_failed_for_good_stand_beside_the_verdict(
    here: TestClient, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    submit(database, limits={"max_attempts": 1, "max_failed_share": 0.5})
    batch = external.lease(database, owner="alice", worker="w", limit=2, seconds=3600.0)
    assert batch is not None
    endings = [Ending(trial.id, trial.token, failed="out of memory\nits last lines: ...") for trial in batch.trials]
    assert all(external.finish(database, endings, owner="alice"))
    assert main(["verdict", "own"]) == ExitCode.OK
    said = " ".join(capsys.readouterr().out.split())
    assert "Lost on the way: 2 trials failed for good (trial 0 of own@mine, map: raised: out of memory)" in said
    assert "last lines" not in said
