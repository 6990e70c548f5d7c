"""Importance: the parameter that decides comes first, noise stays within chance, every setting counts once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from studies.figures.importance import LEAST, importance_figure, importance_info, importance_table
from studies.language.parameters import PAPER
from studies.language.space import SearchSpace
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_what_decides_comes_first(make_runs: MakeRuns) -> None:
    info = importance_info(make_runs(points=400), PAPER, SearchSpace(), objective="accuracy")
    assert info.rows[0].name == "η/(1−α)" and info.rows[0].beyond_chance
    assert [row.importance for row in info.rows] == sorted((row.importance for row in info.rows), reverse=True)
    assert sum(row.share for row in info.rows if row.share is not None) == 1.0
    assert "η/(1−α) matters most" in info.said
    assert "η/(1−α)" in importance_figure(info).data[0].y
    assert len(importance_table(info).rows) == 3


def test_repeats_of_a_setting_count_once_and_a_failed_one_is_never_among_the_best(make_runs: MakeRuns) -> None:
    runs = make_runs()
    settings = len({*zip(runs.eta.tolist(), runs.alpha.tolist(), strict=True)})
    info = importance_info(runs, PAPER, SearchSpace(), objective="error")
    assert info.settings == settings < len(runs)
    assert info.best < settings - int(runs.diverged.sum())


def test_noise_is_no_more_than_chance(make_runs: MakeRuns) -> None:
    runs = make_runs(points=300)
    noise = np.random.default_rng(5).uniform(0.5, 0.9, len(runs))
    blank = replace(runs, accuracy=noise, diverged=np.zeros(len(runs), dtype=bool))
    info = importance_info(blank, PAPER, SearchSpace(), objective="accuracy")
    assert all(row.importance < 3.0 * row.chance for row in info.rows)


def test_too_few_settings_are_said(make_runs: MakeRuns) -> None:
    runs = make_runs()
    few = importance_info(runs.where(np.arange(len(runs)) < 9), PAPER, SearchSpace(), objective="accuracy")
    assert few.empty == f"It takes {LEAST} settings that were trained; there are 9 so far."
    assert importance_table(few).said == few.empty
