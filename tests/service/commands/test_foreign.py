"""`golden verdict --from` and `--from-optuna`: sources, options and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest

from service.cli import main
from service.client import ExitCode
from service.commands.common import UsageError
from service.commands.foreign import ForeignTrials, judge_foreign, read_document
from studies.errors import SpecError, StudyNotFoundError

ROWS = "eta,alpha,value,note\n" + "".join(
    f"{0.004 * 2**i},{alpha},{0.95 - 0.01 * (i - 2) ** 2 - (alpha - 0.8) ** 2},x\n"
    for i in range(5)
    for alpha in (0.0, 0.5, 0.8, 0.9)
)


TEXT = "eta,alpha,value\n" + "".join(
    f"{0.004 * 2**i},{a},{0.95 - 0.01 * (i - 2) ** 2 - (a - 0.8) ** 2}\n"
    for i in range(5)
    for a in (0.0, 0.5, 0.8, 0.9)
)


def test_stated_options_are_those_that_were_given(tmp_path: Path) -> None:
    assert ForeignTrials(tmp_path).stated == {}
    assert ForeignTrials(tmp_path, points="adaptive", looks=2, failed_as_diverged=True).stated == {
        "points": "adaptive",
        "looks": 2,
        "failed_as_diverged": True,
    }


def test_a_file_is_judged_by_its_name_and_ignored_columns_are_noted(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(ROWS)
    found = judge_foreign(ForeignTrials(file), None)
    assert (found.study, found.outcome, found.objective) == ("mine", "inconclusive", "accuracy")
    assert found.ignored_columns == ("note",)
    assert any("note" in note for note in found.notes)
    assert judge_foreign(ForeignTrials(file), "error").objective == "error"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*none\.csv"):
        judge_foreign(ForeignTrials(tmp_path / "none.csv"), None)
    with pytest.raises(UsageError, match=r"cannot read .*none\.toml"):
        read_document(tmp_path / "none.toml")
    (tmp_path / "bad.json").write_text('{"name": "x", "seed": -1}')
    with pytest.raises(SpecError, match="seed"):
        read_document(tmp_path / "bad.json")


@pytest.mark.parametrize(("direction", "objective"), [("maximize", "accuracy"), ("minimize", "own_loss")])
def test_an_optuna_study_counts_by_its_direction(tmp_path: Path, direction: str, objective: str) -> None:
    url = f"sqlite:///{tmp_path}/optuna.db"
    study = optuna.create_study(storage=url, study_name="theirs", direction=direction)
    study.optimize(
        lambda trial: trial.suggest_float("eta", 0.001, 1.0, log=True) / 2 + trial.suggest_float("alpha", 0.0, 0.9) / 4,
        n_trials=6,
    )
    found = judge_foreign(ForeignTrials(optuna=url, optuna_study="theirs"), None)
    assert (found.study, found.objective, found.outcome) == ("theirs", objective, "inconclusive")
    with pytest.raises(UsageError, match="--study"):
        judge_foreign(ForeignTrials(optuna=url), None)
    with pytest.raises(StudyNotFoundError):
        judge_foreign(ForeignTrials(optuna=url, optuna_study="none"), None)


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


def test_trials_that_golden_next_planned_are_judged_as_it_judges_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--claim", "lr=0.1,momentum=0.9", "--space", "lr=1e-4..1,momentum=0..0.99"]
    words += ["--measure", "val_acc:maximize:share:1000"]
    runs = tmp_path / "done.csv"
    assert main(["next", str(runs), *words]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    runs.write_text("\n".join([head, *(f"{row}0.{800 + 7 * i % 90}" for i, row in enumerate(rows))]) + "\n")
    assert main(["verdict", "--from", str(runs), *words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "own@external" in said and "lr = 0.1, momentum = 0.9: " in said and "optimum lr" in said
    assert not {"η", "α", "unnamed"} & set(said.split())
    assert main(["verdict", "--from", str(runs), *words[:4]]) == 2
    assert "give --measure with it" in " ".join(capsys.readouterr().err.split())
    assert main(["verdict", "--from", str(runs), *words[:2], *words[4:]]) == 0
    assert "lr = 0.1, momentum = 0.9: " in " ".join(capsys.readouterr().out.split()), "one grammar of measures"
