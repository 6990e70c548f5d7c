"""`cv_results_` of scikit-learn: folds are runs."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from studies.foreign.asked import asked_of
from studies.foreign.csv_text import read_file
from studies.foreign.judgement import answer_to

GRID = {"learning_rate_init": [0.01, 0.03, 0.1], "momentum": [0.5, 0.8, 0.9]}


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    x, y = load_iris(return_X_y=True)
    network = make_pipeline(MLPClassifier((4,), solver="sgd", max_iter=15, random_state=0))
    grid = {f"mlpclassifier__{name}": values for name, values in GRID.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few iterations do not converge
        return pd.DataFrame(GridSearchCV(network, grid, cv=3, n_jobs=1).fit(x, y).cv_results_)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_grid_search_is_read_fold_by_fold(results: pd.DataFrame, form: str) -> None:
    content = results.to_csv() if form == "csv" else results.to_json()
    read = read_file(content.encode(), *asked_of({"measure": "mean_test_score"}))
    assert len(read.table.rows) == 27
    folds = [[row.value for row in read.table.rows if row.fold == fold] for fold in range(3)]
    assert np.mean(folds, axis=0) == pytest.approx(results["mean_test_score"].to_numpy())
    found = answer_to(read)
    assert [reason.code for reason in found.sweeps[0].reasons] == ["incomplete"], "a full grid is fixed"
    assert found.sweeps[0].sigma is not None and found.sweeps[0].sigma > 0.0
    assert any("3 folds in columns such as split0_test_score" in note for note in found.notes)


def test_a_mean_without_its_folds_is_one_run(results: pd.DataFrame) -> None:
    kept = [name for name in results.columns if not name.startswith("split")]
    read = read_file(results[kept].to_csv().encode(), *asked_of({"measure": "mean_test_score"}))
    assert len(read.table.rows) == 9


def test_negated_losses_are_losses(results: pd.DataFrame) -> None:
    negated = results.assign(**{name: results[name] - 1.01 for name in results.columns if name.endswith("_test_score")})
    found = answer_to(read_file(negated.to_csv().encode(), *asked_of({"measure": "mean_test_score"})))
    assert found.objective == "own_loss"
    assert any("its values are negative, so -value is judged" in note for note in found.notes)
