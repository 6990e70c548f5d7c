"""`golden course`, on a study that a worker trains: table, TOML, CSV, JSON and the picture."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from compared_study import COMPARED
from golden_cli import TOKEN, as_json, serve
from processes import served_at
from waiting import exit_code

from service.cli import main
from service.client_errors import ExitCode
from service.settings import sqlite_url

ARMS = """
[[design.arms]]
name = "dlr"
update_rule = "dlr"
at = { eta = 0.5, a = 0.3 }

[[design.arms]]
name = "adam"
update_rule = "adam"
at = { eta = 0.01 }
"""
STUDY = (
    COMPARED[: COMPARED.index("[[design.arms]]")]
    .replace("tuning = 4", "tuning = 0")
    .replace('baseline = "sgd"', "")
    .replace('name = "arms-on-digits"', 'name = "courses"')
    .replace("epochs = 2", "epochs = 2\nevaluate_every = 64")
    + ARMS
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with the study, of which a worker has trained every run."""
    folder = tmp_path_factory.mktemp("course")
    database, file = folder / "golden.db", folder / "courses.toml"
    file.write_text(STUDY)
    with serve(database, "--migrate") as process, pytest.MonkeyPatch.context() as patch:
        assert process.stderr is not None
        url = served_at(process.stderr.readline())
        for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
            patch.delenv(key)
        patch.setenv("GOLDEN_SERVER", url)
        patch.setenv("GOLDEN_TOKEN", TOKEN)
        assert main(["submit", str(file)]) == ExitCode.OK
        worker = [sys.executable, "-m", "worker.main", "--database", sqlite_url(database), "--exit-when-idle", "1"]
        subprocess.run([*worker, "--device", "cpu", "--poll-seconds", "0.2"], check=True, capture_output=True)
        yield url
        process.send_signal(signal.SIGTERM)
        assert exit_code(process) == 0


@pytest.fixture
def at_work(measured: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to work in, with the service in force."""
    for key in [key for key in os.environ if key.startswith("GOLDEN_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("GOLDEN_SERVER", measured)
    monkeypatch.setenv("GOLDEN_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_says_rates_fit_and_residuals(at_work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["course", "courses"]) == ExitCode.OK
    text = " ".join(capsys.readouterr().out.split())
    assert "courses, digits, dlr (published): mean rate, 3 runs" in text
    assert "residual" in text and "last: a exp(b t^(1/3) + c t) + d, t in epochs: a = " in text


def test_numbers_agree_in_every_form(at_work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = as_json(capsys, "course", "courses", "--context", "digits", "--arm", "dlr")
    (layer,) = answer["layers"]
    assert (layer["layer"], layer["times"][0], layer["times"][-1]) == ("last", 0.0, 2.0)
    assert min(layer["rates"]) > 0.0 and max(layer["rates"]) <= 0.5, "no rate of DLR exceeds its eta"
    assert main(["course", "courses", "--csv"]) == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(row["rate"]) for row in rows] == layer["rates"]
    assert main(["course", "courses", "--toml"]) == ExitCode.OK
    assert tomllib.loads(capsys.readouterr().out)["schedule"] == answer["schedule"]
    weighted = as_json(capsys, "course", "courses", "--weighted")
    assert weighted["weighted"] and weighted["layers"][0]["rates"] != layer["rates"]


def test_the_picture_is_written_and_not_written_over(at_work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["course", "courses", "-o", "rates.svg"]) == ExitCode.OK
    ElementTree.fromstring((at_work / "rates.svg").read_text())
    capsys.readouterr()
    assert main(["course", "courses", "-o", "rates.svg"]) == ExitCode.FAILED
    assert capsys.readouterr().err == "error: rates.svg exists; add --force to overwrite it\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--arm", "adam"], "--arm 'adam' names none that trains by dlr at a constant eta; choose dlr"),
        (["--csv", "--toml"], "--toml, --csv and --json print different forms; keep one"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(
    at_work: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["course", "courses", *options]) == ExitCode.USAGE
    assert capsys.readouterr().err == f"error: {said}\n"
