"""Learning curves with bands; a run that stops at its target keeps its last accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from studies.figures.arm_curves import RowCurves, arm_curves_figure, arm_curves_info

ROW = RowCurves("sgd", "SGD", "tuned", ((0.1, 0.5, 0.8), (0.2, 0.6)))


def test_mean_and_band_are_those_of_the_runs() -> None:
    (curve,) = arm_curves_info([ROW]).curves
    assert curve.mean.tolist() == pytest.approx([0.15, 0.55, 0.7])
    low, high = stats.t.interval(0.95, 1, loc=0.55, scale=stats.sem([0.5, 0.6]))
    assert (curve.low[1], curve.high[1]) == (max(low, 0.0), pytest.approx(min(high, 1.0)))


def test_one_run_has_no_band_and_a_gap_keeps_the_last_value() -> None:
    info = arm_curves_info([RowCurves("a", "A", "plain", ((0.3, None, 0.5),)), RowCurves("b", "B", "plain", ((),))])
    (curve,) = info.curves
    assert curve.mean.tolist() == [0.3, 0.3, 0.5] and np.isnan(curve.low).all()
    assert len(arm_curves_figure(info).data) == 1


def test_a_band_is_drawn_below_its_line() -> None:
    figure = arm_curves_figure(arm_curves_info([ROW]))
    assert [trace.fill for trace in figure.data] == ["toself", None]
    assert figure.data[1].name == "SGD, tuned"
