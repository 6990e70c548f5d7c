"""Other people's Optuna studies are read, never written, and refused with a cure where they do not fit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
import pytest

from studies.errors import DatabaseUrlError, SpecError, StorageUnavailableError, StudyNotFoundError
from studies.foreign.judgement import judge_table, table_of
from studies.foreign.rows import optuna_row
from studies.storage.foreign import ForeignTrials, read_optuna


def rows_of(found: ForeignTrials) -> list[dict[str, Any]]:
    return [optuna_row(asdict(trial)) for trial in found.trials]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An Optuna database with a study by learning rate and momentum, one by other names, one of two objectives."""
    address = f"sqlite:///{tmp_path / 'theirs.db'}"
    study = optuna.create_study(
        storage=address, study_name="tuned", direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1)
    )

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("learning_rate", 1e-3, 1e-1, log=True)
        trial.set_user_attr("repeat", trial.number)
        trial.set_user_attr("machine", "b7")
        if trial.number == 3:
            raise optuna.TrialPruned
        return 0.9 - abs(rate - 0.02) - abs(trial.suggest_float("momentum", 0.0, 0.99) - 0.8) / 10

    study.optimize(objective, n_trials=12)
    other = optuna.create_study(storage=address, study_name="depth")
    other.optimize(lambda trial: trial.suggest_int("depth", 1, 3), n_trials=1)
    optuna.create_study(storage=address, study_name="two", directions=["minimize", "maximize"])
    optuna.create_study(storage=address, study_name="empty")
    return address


def test_complete_trials_become_rows(url: str) -> None:
    found = read_optuna(url, "tuned")
    assert (len(found.trials), found.maximised, found.left_out) == (11, True, {"PRUNED": 1})
    assert found.trials[0].attributes == {"repeat": 0, "machine": "b7"}, "all of them, whatever their names"
    assert set(rows_of(found)[0]) == {"eta", "alpha", "value", "repeat", "state"}
    sentence = judge_table(table_of({"rows": rows_of(found), "points": "adaptive"})).sentence
    assert "seems best near" in sentence


def test_a_trial_of_nan_is_a_failed_row_and_attributes_confirm(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'nan.db'}"
    study = optuna.create_study(storage=address, study_name="nan", direction="maximize")

    def objective(trial: optuna.Trial) -> float:
        if trial.number == 7:
            raise ValueError("before any point")
        rate, momentum = trial.suggest_float("lr", 0.001, 0.9), trial.suggest_float("momentum", 0.0, 0.9)
        trial.set_user_attr("phase", "confirm")
        trial.set_user_attr("arm", "claim" if rate < 0.1 else "best")
        trial.set_user_attr("block", trial.number // 2)
        return float("nan") if trial.number == 6 else 0.9 - momentum / 10 - rate / 10

    for i in range(6):
        study.enqueue_trial({"lr": (0.015868, 0.5)[i % 2], "momentum": (0.874032, 0.1)[i % 2]})
    study.optimize(objective, n_trials=8, catch=(ValueError,))
    found = read_optuna(address, "nan")
    assert [trial.state for trial in found.trials] == ["COMPLETE"] * 6 + ["FAIL"]
    assert found.left_out == {"FAIL": 1}
    sweep = judge_table(table_of({"rows": rows_of(found)})).sweeps[0]
    assert [(comparison.arm, comparison.pairs) for comparison in sweep.comparisons] == [("best", 3)]
    rows = [{**row, "phase": None, "arm": None, "block": None} for row in rows_of(found)]
    diverged = judge_table(table_of({"rows": rows, "failed_as_diverged": True})).sweeps[0]
    assert (sweep.runs, diverged.runs, diverged.diverged_share) == (6, 7, pytest.approx(1 / 7))


@pytest.mark.parametrize(
    ("study", "error", "words"),
    [
        ("none", StudyNotFoundError, "no Optuna study 'none'"),
        ("depth", SpecError, "no parameter eta or lr or learning_rate; it has depth"),
        ("two", SpecError, "2 objectives"),
        ("empty", SpecError, "no complete trial"),
    ],
)
def test_unfit_studies_are_refused(url: str, study: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read_optuna(url, study)


def test_missing_and_foreign_files_are_left_untouched(tmp_path: Path) -> None:
    missing, plain = tmp_path / "missing.db", tmp_path / "plain.db"
    with pytest.raises(DatabaseUrlError, match="no file"):
        read_optuna(f"sqlite:///{missing}", "x")
    assert not missing.exists()
    for content in (b"", b"not a database" * 100):
        plain.write_bytes(content)
        with pytest.raises(StorageUnavailableError, match="cannot be read as an Optuna database"):
            read_optuna(f"sqlite:///{plain}", "x")
        assert plain.read_bytes() == content
    with pytest.raises(DatabaseUrlError):
        read_optuna("nonsense", "x")
