"""`golden verdict --from` on the tables of the tools that track trainings, as a program and over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tracker_tables as tables
from fastapi.testclient import TestClient

from service.cli import main
from service.client_errors import ExitCode
from studies.foreign.dialect import MAX_READ

CLAIM = "lr=0.016,momentum=0.874"
EXPORTS = {
    "wandb.csv": (tables.wandb(), "val_acc", {"FAIL": 3}),
    "mlflow.csv": (tables.mlflow(), "val_acc", {"FAIL": 1, "KILLED": 1}),
    "ray.csv": (tables.ray(), "mean_accuracy", {}),
    "progress.csv": (tables.ray(epochs=5), "mean_accuracy", {"earlier epochs of a run": 96}),
    "hparams.csv": (tables.tensorboard(), "epoch_accuracy", {}),
    "tuner.json": (tables.keras_tuner_json(), "val_accuracy", {}),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_what_a_tool_writes_is_judged_as_it_is(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, measure, left_out = EXPORTS[name]
    path = tmp_path / name
    path.write_bytes(content)
    arguments = ["verdict", "--from", str(path), "--claim", CLAIM, "--measure", measure]
    assert main([*arguments, "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    (sweep,) = found["sweeps"]
    assert (found["objective"], found["left_out"], sweep["loss"]) == ("accuracy", left_out, "unnamed")
    assert sweep["runs"] == 24 - sum(n for reason, n in left_out.items() if reason.isupper())
    assert 0.001 < sweep["eta"]["estimate"] < 0.3
    assert {"loss", "phase", "Name", "epoch"} & {*found["ignored_columns"]} or name != "wandb.csv"
    assert main(arguments) == ExitCode.OK
    assert f"{measure} is judged by the rule for accuracy" in " ".join(capsys.readouterr().out.split())


def test_a_csv_over_http_has_the_same_options(api: TestClient) -> None:
    asked = {"claim": CLAIM, "measure": "val_acc"}
    headers = {"Content-Type": "text/csv"}
    answer = api.post("/api/v1/verdicts", params=asked, content=tables.wandb(), headers=headers)
    assert answer.status_code == 200
    assert answer.json()["left_out"] == {"FAIL": 3}
    for wrong in ({"claim": "lr=0.1"}, {"measure": ":up"}, {"measure": "nothing"}):
        refused = api.post("/api/v1/verdicts", params=wrong, content=tables.wandb(), headers=headers)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, next(iter(wrong)))
    assert api.post("/api/v1/verdicts", params=asked, json={"rows": []}).status_code == 422


@pytest.mark.parametrize(
    ("encoding", "extra"),
    [
        *((encoding, []) for encoding in ("ascii", "cp1252", "latin-1", "utf-8")),
        *((encoding, ["--json"]) for encoding in ("ascii", "utf-8")),  # JSON is ASCII in every encoding but UTF-8
    ],
)
def test_no_encoding_of_the_terminal_breaks_the_answer(tmp_path: Path, encoding: str, extra: list[str]) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(tables.wandb())
    command = [sys.executable, "-m", "service.cli", "verdict", "--from", str(path), "--claim", CLAIM]
    done = subprocess.run(
        [*command, "--measure", "val_acc", *extra],
        capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PATH": "/usr/bin"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode(encoding)
    assert "optimum" in shown or json.loads(shown)["objective"] == "accuracy"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--claim", "lr=0.1"], "--claim: 'lr=0.1' names no point"),
        (["--claim", "lr=0.1,momentum=1.5", "--measure", "val_acc"], "--claim, momentum: input should be less than 1"),
        (["--claim", "lr=0.1,width=0.5", "--measure", "val_acc"], "column width: is missing"),
        (["--measure", "val_accuracy"], "--measure: there is no column val_accuracy; columns with numbers are"),
        (["--measure", "epoch"], "--measure: nothing says whether epoch is better larger or smaller"),
        (["--measure", "val_acc:up"], "after a colon, write maximize or minimize"),
        (["--measure", "val_acc", "--objective", "error"], "--objective: val_acc is maximised, and an error is"),
        ([], "name the measure with --measure NAME: columns with numbers are"),
    ],
)
def test_options_that_do_not_fit_the_table_name_their_cure(
    options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(tables.wandb())
    assert main(["verdict", "--from", str(path), *options]) == ExitCode.USAGE
    assert words in capsys.readouterr().err


def test_ten_thousand_rows_are_thinned_and_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.csv"
    path.write_bytes(tables.wandb(10_000))
    arguments = ["verdict", "--from", str(path), "--claim", CLAIM, "--measure", "val_acc", "--json"]
    assert main(arguments) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["sweeps"][0]["runs"] == 600
    assert sum(found["left_out"].values()) == 9_400
    path.write_text("lr,momentum,val_acc\n" + "0.1,0.5,0.5\n" * (MAX_READ + 1))
    assert main(arguments) == ExitCode.USAGE
    assert f"line {MAX_READ + 2}: more than 100,000 rows" in capsys.readouterr().err
