"""A grid of Optuna's is known by what its sampler notes."""

from __future__ import annotations

import optuna
import pytest

from studies.foreign.asked import asked_of
from studies.foreign.csv_text import read_csv

HALF = {"lr": [0.01, 0.02, 0.04, 0.08], "momentum": [0.5, 0.8, 0.9]}


@pytest.mark.parametrize(("sampler", "design"), [("grid", "fixed"), ("random", "unknown")])
def test_a_frame_with_grid_numbers_is_fixed_even_where_the_grid_is_not_full(sampler: str, design: str) -> None:
    chosen = optuna.samplers.GridSampler(HALF, seed=1) if sampler == "grid" else optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(sampler=chosen)
    study.optimize(lambda t: t.suggest_float("lr", 0.001, 0.1) + t.suggest_float("momentum", 0.0, 0.95), n_trials=7)
    frame = study.trials_dataframe().to_csv(index=False).encode()
    read = read_csv(frame, *asked_of({"measure": "value:minimize"}))
    assert read.table.design == design
    assert any("GridSampler" in note for note in read.notes) == (design == "fixed")
