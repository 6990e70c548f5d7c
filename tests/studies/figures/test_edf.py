"""The empirical distribution, failed trials included."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studies.figures.edf import edf_figure, edf_info, edf_table
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_a_curve_per_phase_starts_at_the_share_that_failed_and_ends_at_one(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = edf_info(runs, objective="accuracy")
    assert [found.phase for found in info.steps] == ["map", "confirm"]
    for curve, found in zip(edf_figure(info).data, info.steps, strict=False):
        assert list(curve.y) == sorted(curve.y)
        assert curve.y[0] == pytest.approx(found.failed / found.trials, abs=1e-4)
        assert curve.y[-1] == 1.0
    assert sum(found.failed for found in info.steps) == int(runs.diverged.sum())


@pytest.mark.parametrize("objective", ["accuracy", "error"])
def test_what_the_best_share_reaches(make_runs: MakeRuns, objective: str) -> None:
    info = edf_info(make_runs(), objective=objective)
    first = info.steps[0]
    half = first.reached_by(0.5)
    assert half is not None
    better = [v >= half if objective == "accuracy" else v <= half for v in first.values]
    assert sum(better) >= first.trials / 2 > sum(better) - 2
    assert first.reached_by(1.0) is None, "some trials have no value"
    assert edf_table(info).rows[0][:3] == (first.phase, first.trials, first.failed)
    assert f"{first.failed} without a value" in info.said
