"""Other people's Optuna studies are read, never written, and refused with a cure where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest

from studies.errors import DatabaseUrlError, SpecError, StorageUnavailableError, StudyNotFoundError
from studies.foreign.asked import ReadTable
from studies.foreign.judgement import answer_to, judge_table
from studies.foreign.optuna_table import study_table
from studies.storage.foreign import read_optuna


def table_in(url: str, study: str, **options: object) -> ReadTable:
    return study_table(study, read_optuna(url, study), options)


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
    assert (len(found.rows), found.values, found.maximised) == (12, ("value",), (True,))
    assert {"number", "state", "value", "params_momentum", "user_attrs_repeat", "user_attrs_machine"} <= {
        *found.rows[0]
    }
    read = table_in(url, "tuned")
    assert (len(read.table.rows), read.left_out, read.ignored_columns) == (11, {"PRUNED": 1}, ("user_attrs_machine",))
    assert read.table.rows[0].repeat == 0
    assert "seems best near" in judge_table(read.table).sentence


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
    read = table_in(address, "nan")
    assert [row.state for row in read.table.rows] == ["COMPLETE"] * 6
    assert answer_to(read).left_out == {"FAIL": 2}
    sweep = judge_table(read.table).sweeps[0]
    assert [(comparison.arm, comparison.pairs) for comparison in sweep.comparisons] == [("best", 3)]
    assert sweep.runs == 6
    plain = optuna.create_study(storage=address, study_name="plain", direction="maximize")
    plain.add_trials([optuna.trial.create_trial(**_stripped(trial)) for trial in study.trials])
    counted = judge_table(table_in(address, "plain", failed_as_diverged=True).table).sweeps[0]
    assert (counted.runs, counted.diverged_share) == (3, pytest.approx(1 / 3)), "of two points, whose runs are alike"


def _stripped(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    """A trial without its attributes."""
    return {"state": trial.state, "values": trial.values, "params": trial.params, "distributions": trial.distributions}


@pytest.mark.parametrize(
    ("study", "error", "words"),
    [
        ("none", StudyNotFoundError, "no Optuna study 'none'; it has 'depth', 'empty', 'tuned', 'two'"),
        ("depth", SpecError, "the study, column eta: is missing; .* with numbers are .*params_depth"),
        ("two", SpecError, "'two' has 2 objectives; name one by --measure values_0 or --measure values_1"),
        ("empty", SpecError, "'empty' has no complete trial"),
    ],
)
def test_unfit_studies_are_refused(url: str, study: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        table_in(url, study)


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
