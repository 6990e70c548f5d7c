"""Trials measured elsewhere, judged on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest

from service.cli import main
from service.client import ExitCode

TEXT = "eta,alpha,value\n" + "".join(
    f"{0.004 * 2**i},{a},{0.95 - 0.01 * (i - 2) ** 2 - (a - 0.8) ** 2}\n"
    for i in range(5)
    for a in (0.0, 0.5, 0.8, 0.9)
)


def test_command_judges_a_file_without_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(TEXT)
    assert main(["verdict", "--from", str(path), "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["study"] == "mine"
    assert main(["verdict", "--from", str(path)]) == ExitCode.OK
    assert "measured elsewhere" in capsys.readouterr().out.replace("\n", " ")


def test_command_judges_by_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, document = tmp_path / "mine.csv", tmp_path / "study.toml"
    path.write_text(TEXT)
    document.write_text('name = "theirs"\nlosses = ["golden"]\n')
    assert main(["verdict", "--from", str(path), "--document", str(document)]) == ExitCode.USAGE
    assert "unnamed is not among the document's losses (golden)" in capsys.readouterr().err
    path.write_text("\n".join(f"{line},{'golden' if i else 'loss'}" for i, line in enumerate(TEXT.split())))
    assert main(["verdict", "--from", str(path), "--document", str(document), "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["study"] == "theirs"


def test_command_judges_an_optuna_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    study = optuna.create_study(storage=url, study_name="s", direction="minimize")
    study.optimize(lambda t: t.suggest_float("lr", 0.01, 0.1) + t.suggest_float("momentum", 0, 0.9), n_trials=8)
    assert main(["verdict", "--from-optuna", url, "--study", "s", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["objective"], answer["sweeps"][0]["p_claim"]) == ("own_loss", None)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], ExitCode.USAGE, "one of them"),
        (["x", "--from", "y"], ExitCode.USAGE, "one of them"),
        (["--from", "nowhere.csv"], ExitCode.USAGE, "cannot read"),
        (["--from-optuna", "sqlite:///nowhere.db"], ExitCode.USAGE, "--study"),
        (["--from-optuna", "sqlite:///nowhere.db", "--study", "s"], ExitCode.USAGE, "no file"),
        (["x", "--points", "adaptive", "--images", "5"], ExitCode.USAGE, "--points and --images belong to trials"),
        (["x", "--failed-as-diverged"], ExitCode.USAGE, "--failed-as-diverged belong to trials"),
        (["x", "--document", "y"], ExitCode.USAGE, "--document belong to trials"),
        (["x", "--study", "s"], ExitCode.USAGE, "--study names a study in the database of --from-optuna"),
        (["--from", "y", "--study", "s"], ExitCode.USAGE, "--study names a study in the database of --from-optuna"),
        (["--from", "y", "--all-objectives"], ExitCode.USAGE, "takes the name of a study"),
        (["--from", "nowhere.csv", "--document", "no.toml"], ExitCode.USAGE, "cannot read 'no.toml'"),
    ],
)
def test_command_refuses_what_cannot_be(
    arguments: list[str], code: ExitCode, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verdict", *arguments]) == code
    assert words in capsys.readouterr().err
