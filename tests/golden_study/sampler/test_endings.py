"""What the installed Optuna knows of a trial's end when it calls `after_trial`."""

from __future__ import annotations

import sys
from typing import Any

import optuna
import pytest
from optuna.samplers import RandomSampler

from golden_study.sampler.endings import is_nan, told_by


class Noting(RandomSampler):
    """Notes what trials gave."""

    def __init__(self) -> None:
        super().__init__(seed=1)
        self.told: list[Any] = []

    def after_trial(self, *arguments: Any) -> None:
        self.told.append(told_by(sys._getframe(1)))


def noted(result: Any) -> Any:
    """What is known of a trial that returns, or raises, this."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = Noting()

    def objective(trial: optuna.Trial) -> Any:
        if isinstance(result, BaseException):
            raise result
        return result

    study = optuna.create_study(sampler=sampler)
    try:
        study.optimize(objective, n_trials=1, catch=(Exception,))
    except KeyboardInterrupt:
        assert isinstance(result, KeyboardInterrupt)
    return sampler.told[0]


@pytest.mark.parametrize("result", [0.5, float("inf"), [0.5], None, "text"])
def test_a_value_is_seen_and_is_no_nan(result: Any) -> None:
    assert noted(result) == result and not is_nan(result)


def test_a_nan_is_seen_that_optuna_takes_for_a_failure() -> None:
    assert is_nan(noted(float("nan"))) and is_nan(noted([float("nan")]))


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), optuna.TrialPruned()])
def test_an_exception_is_seen(error: BaseException) -> None:
    assert noted(error) is error


def test_a_told_nan_is_seen_as_well() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = Noting()
    study = optuna.create_study(sampler=sampler)
    with pytest.warns(UserWarning, match="nan"):
        study.tell(study.ask(), float("nan"))
    assert is_nan(sampler.told[0])


def test_another_caller_tells_nothing() -> None:
    assert told_by(sys._getframe()) is None and told_by(None) is None
