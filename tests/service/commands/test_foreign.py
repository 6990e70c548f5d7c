"""`golden verdict --from` and `--from-optuna`: sources, options and what is refused."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from service.commands.common import UsageError
from service.commands.foreign import ForeignTrials, judge_foreign, read_document
from studies.errors import SpecError, StudyNotFoundError

ROWS = "eta,alpha,value,note\n" + "".join(
    f"{0.004 * 2**i},{alpha},{0.95 - 0.01 * (i - 2) ** 2 - (alpha - 0.8) ** 2},x\n"
    for i in range(5)
    for alpha in (0.0, 0.5, 0.8, 0.9)
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
