"""PED-ANOVA, held against Optuna's own evaluator."""

from __future__ import annotations

import warnings

import numpy as np
import optuna
import pytest

from studies.figures.ped_anova import STEPS, best_of, density, importance

LOW, HIGH = {"v": -5.0, "u": 0.0}, {"v": 0.0, "u": 4.6}


@pytest.mark.parametrize("n", [12, 57, 800])
def test_it_is_what_optuna_computes(n: int) -> None:
    random = np.random.default_rng(n)
    at = {name: random.uniform(LOW[name], HIGH[name], n) for name in LOW}
    values = -((at["v"] + 2.0) ** 2) - 0.1 * (at["u"] - 1.0) ** 2
    study = optuna.create_study(direction="maximize")
    ranges = {name: optuna.distributions.FloatDistribution(LOW[name], HIGH[name]) for name in LOW}
    for i in range(n):
        params = {name: float(at[name][i]) for name in LOW}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=ranges, value=float(values[i])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        theirs = optuna.importance.PedAnovaImportanceEvaluator().evaluate(study)
    ours = {name: importance(at[name], best_of(values, 0.1), LOW[name], HIGH[name]) for name in LOW}
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_a_density_is_one() -> None:
    counts = np.bincount(np.random.default_rng(1).integers(0, STEPS, 30), minlength=STEPS)
    assert density(counts).sum() == pytest.approx(1.0, abs=1e-9)


def test_all_equal_values_are_all_best_and_nothing_matters() -> None:
    top = best_of(np.ones(30), 0.1)
    assert top.all()
    assert importance(np.linspace(0.0, 1.0, 30), top, 0.0, 1.0) == pytest.approx(0.0, abs=1e-12)
