"""Studies that people have in Optuna: nothing in them that was not meant for us gets in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from tracker_tables import rows

from studies.errors import SpecError
from studies.foreign.asked import asked_of
from studies.foreign.judgement import JudgedTable, answer_to
from studies.foreign.optuna_table import study_table
from studies.storage.foreign import read_optuna

RANGES: dict[str, optuna.distributions.BaseDistribution] = {
    "lr": optuna.distributions.FloatDistribution(1e-5, 1.0, log=True),
    "momentum": optuna.distributions.FloatDistribution(0.0, 0.99),
}
Trial = dict[str, Any]


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., JudgedTable]:
    """Judges a study of these trials: (direction, change of each, options)."""
    url = f"sqlite:///{tmp_path / 'theirs.db'}"

    def judged(
        change: Callable[[int, Trial], Trial] = lambda i, trial: trial, direction: str = "maximize", **asked: Any
    ) -> JudgedTable:
        study = optuna.create_study(storage=url, study_name="s", direction=direction)
        for i, (lr, momentum, value) in enumerate(rows(12)):
            made = change(i, {"params": {"lr": lr, "momentum": momentum}, "value": value, "user_attrs": {}})
            ranges = {name: RANGES[name] for name in made["params"]}
            study.add_trial(optuna.trial.create_trial(distributions=ranges, **made))
        return answer_to(study_table("s", read_optuna(url, "s"), *asked_of(asked)))

    return judged


@pytest.mark.parametrize(
    "attributes",
    [
        {"loss": 0.31},
        {"run": "eager-3"},
        {"phase": "train"},
        {"trial": "a1b2c_00001"},
        {"correct": 9500},
        {"block": 3, "arm": "claim"},
        {"context": "Big GPU", "state": "Texas", "cause": "chance"},
        {"curve": [0.1, 0.2], "config": {"a": 1}},
    ],
    ids=str,
)
def test_everyday_attributes_are_ignored_and_listed(judge: Callable[..., JudgedTable], attributes: Trial) -> None:
    found = judge(lambda i, trial: {**trial, "user_attrs": attributes})
    assert (found.sweeps[0].runs, found.sweeps[0].loss) == (12, "unnamed")
    plain = {f"user_attrs_{name}" for name, value in attributes.items() if not isinstance(value, list | dict)}
    assert {*found.ignored_columns} == plain


def test_a_trial_without_a_parameter_is_left_out(judge: Callable[..., JudgedTable]) -> None:
    def adam(i: int, trial: Trial) -> Trial:
        return trial if i % 2 else {**trial, "params": {"lr": trial["params"]["lr"]}}

    found = judge(adam)
    assert (found.left_out, found.sweeps[0].runs) == ({"without params_momentum": 6}, 6)


def test_too_few_trials_are_named_by_their_own_numbers(judge: Callable[..., JudgedTable]) -> None:
    with pytest.raises(SpecError, match="trial 4, column params_momentum: is empty; give a number"):
        judge(lambda i, trial: trial if i in (2, 3) else {**trial, "params": {"lr": 0.1}})


@pytest.mark.parametrize(("direction", "worst"), [("maximize", float("-inf")), ("minimize", float("inf"))])
def test_infinite_values_diverged(judge: Callable[..., JudgedTable], direction: str, worst: float) -> None:
    found = judge(lambda i, trial: {**trial, "value": worst} if i in (3, 5) else trial, direction)
    assert (found.sweeps[0].runs, found.sweeps[0].diverged_share) == (12, pytest.approx(2 / 12))
    assert "2 runs with an infinite value count as diverged." in found.notes


def test_an_infinite_value_on_the_better_side_is_left_out(judge: Callable[..., JudgedTable]) -> None:
    found = judge(lambda i, trial: {**trial, "value": float("inf")} if i == 3 else trial)
    assert found.left_out == {"whose value is infinite": 1}


def test_a_maximised_negative_loss_is_a_loss(judge: Callable[..., JudgedTable]) -> None:
    found = judge(lambda i, trial: {**trial, "value": trial["value"] - 1.0})
    assert found.objective == "own_loss"
    assert any("its values are negative, so -value is judged" in note for note in found.notes)


def test_an_attribute_may_be_the_measure(judge: Callable[..., JudgedTable]) -> None:
    def with_attribute(i: int, trial: Trial) -> Trial:
        return {**trial, "user_attrs": {"val_acc": trial["value"] / 2}}

    found = judge(with_attribute, "minimize", measure="val_acc")
    assert found.objective == "accuracy"
    assert "value" in found.ignored_columns


def test_unknown_points_are_not_said_to_have_followed_anything(judge: Callable[..., JudgedTable]) -> None:
    sentence = judge().sweeps[0].sentence
    assert "It is not known that the points were fixed before any value was seen" in sentence
    assert "add --points fixed" in sentence
    assert "sampler" not in sentence


@pytest.mark.parametrize(("measure", "objective"), [("values_1", "accuracy"), ("values_0", "own_loss")])
def test_one_of_several_objectives(tmp_path: Path, measure: str, objective: str) -> None:
    url = f"sqlite:///{tmp_path / 'two.db'}"
    study = optuna.create_study(storage=url, study_name="two", directions=["minimize", "maximize"])
    for lr, momentum, value in rows(8):
        params = {"lr": lr, "momentum": momentum}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=RANGES, values=[1.0 / value, value]))
    found = answer_to(study_table("two", read_optuna(url, "two"), *asked_of({"measure": measure})))
    assert found.objective == objective
    study.set_metric_names(["val_loss", "val_acc"])
    name = "val_acc" if objective == "accuracy" else "val_loss"
    again = answer_to(study_table("two", read_optuna(url, "two"), *asked_of({"measure": name})))
    assert again.sweeps[0].eta == found.sweeps[0].eta
    with pytest.raises(SpecError, match="name one by --measure val_loss or --measure val_acc"):
        study_table("two", read_optuna(url, "two"), {})
