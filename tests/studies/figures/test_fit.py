"""What the fitted surface leaves of the trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.fit import fit_figure, fit_info, fit_table, interpolated
from studies.language.parameters import PAPER
from studies.records import Runs
from studies.verdict.model import RegionMap, SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]


def test_between_nodes_a_plane_is_met_exactly_and_outside_nothing_is_said() -> None:
    v, u = (0.0, 1.0, 3.0), (0.0, 2.0)
    mean = tuple(tuple(2.0 * a - b for a in v) for b in u)
    region = RegionMap(v, u, mean, mean)
    found = interpolated(region, np.array([0.5, 2.0, 3.0, 3.1, 0.0]), np.array([1.0, 0.5, 2.0, 1.0, -0.1]))
    assert found[:3] == pytest.approx([0.0, 3.5, 4.0])
    assert np.isnan(found[3:]).all()


def test_a_surface_that_is_true_leaves_the_noise(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    info = fit_info(make_runs(points=400), PAPER, make_verdict(), objective="accuracy")
    assert len(info.left) > 50
    assert abs(float(np.mean(info.left))) < 0.03
    assert float(np.std(info.left)) == pytest.approx(0.08, abs=0.02), "the planted noise"
    assert info.trials.known.all()
    sizes = [abs(float(row[4] or 0.0)) for row in fit_table(info).rows]
    assert sizes == sorted(sizes, reverse=True)
    assert "trials are not drawn" in info.said
    assert fit_figure(info).data[-1].name == "claim"


def test_without_a_surface_it_says_so(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    runs = make_runs()
    assert fit_info(runs, PAPER, None, objective="accuracy").empty.startswith("No fitted surface")
    info = fit_info(runs, PAPER, replace(make_verdict(), region=None), objective="accuracy")
    assert info.empty.startswith("No fitted surface")
    assert fit_table(info).said == info.empty
