"""Ticks and colour scales."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from studies.figures.scales import alpha_ticks, column, eta_ticks, larger_is_better, shade, shade_ticks
from studies.language.measure import Measure
from studies.records import Runs

MakeRuns = Callable[..., Runs]


@pytest.mark.parametrize("objective", ["accuracy", "error", "cross_entropy", "epochs_to_target"])
def test_shade_rises_with_quality(objective: str) -> None:
    better, worse = (0.99, 0.9) if objective == "accuracy" else (0.01, 0.1)
    assert shade(better, objective) > shade(worse, objective)
    ticks = shade_ticks(float(shade(worse, objective)) - 1, float(shade(better, objective)) + 1, objective)
    assert 2 <= len(ticks.at) <= 8
    assert list(ticks.at) == sorted(ticks.at)


def test_shades_of_impossible_shares_and_losses_stay_finite() -> None:
    assert np.isfinite(shade([0.0, 1.0], "accuracy")).all()
    assert np.isfinite(shade([0.0, 1e9], "own_loss")).all()


def test_ticks_are_labelled_in_raw_values_and_lie_within_the_axis() -> None:
    ticks = alpha_ticks(0.4, 0.99)
    assert ticks.text == ("0.5", "0.7", "0.8", "0.9", "0.95", "0.98", "0.99")
    assert ticks.at[0] == pytest.approx(math.log(2.0))
    assert len(alpha_ticks(0.0, 0.99, few=True).at) < len(alpha_ticks(0.0, 0.99).at)
    assert eta_ticks(0.01, 1.0).at == pytest.approx((0.01, 0.03, 0.1, 0.3, 1.0))
    assert eta_ticks(0.01, 1.0, few=True).at == pytest.approx((0.01, 0.1, 1.0))


def test_accuracy_alone_is_larger_where_better(make_runs: MakeRuns) -> None:
    assert [larger_is_better(name) for name in ("accuracy", "error", "own_loss")] == [True, False, False]
    runs = make_runs(2)
    assert column(runs, "error").tolist() == runs.error.tolist()


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("share", [0.2, 0.6, 0.9]),
        *(("positive", [unit * value for value in (0.1, 2.0, 30.0)]) for unit in (1.0, 1e-200, 1e200)),
        *(("real", [unit * value for value in (-3.0, 0.0, 4.0)]) for unit in (1.0, 1e-12, 1e12)),
    ],
)
def test_a_measure_of_ones_own_is_drawn_so_that_larger_is_better(
    direction: str, kind: str, values: list[float]
) -> None:
    size = {"test_size": 100} if kind == "share" else {}
    measure = Measure.model_validate({"name": "m", "direction": direction, "kind": kind, **size})
    drawn = shade(values, measure)
    rises = bool(np.all(np.diff(drawn) > 0.0))
    assert rises is (direction == "maximize") is larger_is_better(measure)
    ticks = shade_ticks(float(drawn.min()), float(drawn.max()), measure)
    assert len(ticks.at) >= 2 and list(ticks.at) == sorted(ticks.at)
    assert drawn.min() - 1e-9 <= ticks.at[0] and ticks.at[-1] <= drawn.max() + 1e-9
    assert ("%" in ticks.text[0]) is (kind == "share")
