"""Contents of the landscape: points, lines, the claim's neighbourhood and the verdict's crest."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from studies import golden
from studies.figures.cells import is_claim
from studies.figures.landscape import MOST_POINTS, landscape_info
from studies.figures.landscape_figure import landscape_figure
from studies.language.claim import Claim
from studies.language.parameters import Axes, Parameter
from studies.language.space import EtaRange, OwnSpace, SearchSpace
from studies.records import Runs
from studies.verdict.model import SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]


def test_landscape_keeps_diverged_points_and_marks_the_claim(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = landscape_info(runs, Claim(), SearchSpace(), objective="accuracy")
    assert sum(c.runs for c in info.failed) == int(runs.diverged.sum())
    assert (info.claim.eta, info.claim.alpha) == (golden.ETA, golden.ALPHA)
    assert len(info.measured) + len(info.failed) == 62


def test_landscape_lines_meet_in_the_claim(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy")
    assert info.curve is not None
    curve = np.interp(info.claim.u, info.curve.u, np.log(info.curve.y))
    ridge = np.interp(info.claim.u, info.ridge.u, np.log(info.ridge.y))
    assert curve == pytest.approx(math.log(golden.ETA), abs=1e-6)
    assert ridge == pytest.approx(math.log(golden.ETA), abs=1e-6)


def test_landscape_neighbourhood_is_the_claims_factor(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy")
    assert min(info.neighbourhood.y) == pytest.approx(golden.ETA / 2)
    assert max(info.neighbourhood.u) - info.claim.u == pytest.approx(math.log(2))


def test_landscape_thins_what_a_browser_could_not_draw(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(9000), Claim(), SearchSpace(), objective="accuracy")
    shown = [*info.measured, *info.failed]
    assert len(shown) <= MOST_POINTS + 2
    assert len(shown) + info.hidden == 9002
    assert any(is_claim(c) for c in shown)
    assert info.best is not None
    assert info.best.eta in [c.eta for c in shown]


def test_landscape_drops_a_surface_of_another_objective(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="loss_area", verdict=make_verdict())
    assert info.region is None


def test_landscape_draws_the_crest_with_the_verdicts_slope(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy", verdict=verdict)
    assert info.crest is not None
    rise = np.diff(np.log([info.crest.y[0], info.crest.y[-1]]))[0] / (info.crest.u[-1] - info.crest.u[0])
    assert rise == pytest.approx(verdict.ridge_slope.estimate)
    assert info.crest_slope == verdict.ridge_slope.estimate


def test_landscape_outlines_the_preregistered_box_where_another_is_in_force(make_runs: MakeRuns) -> None:
    wide, own = SearchSpace(eta=EtaRange(low=1e-4, high=4.0)), SearchSpace()
    info = landscape_info(make_runs(), Claim(), wide, objective="accuracy", preregistered=own)
    assert info.preregistered is not None
    assert (min(info.preregistered.y), max(info.preregistered.y)) == (own.eta.low, own.eta.high)
    assert info.y_range[1] > 4.0
    same = landscape_info(make_runs(), Claim(), own, objective="accuracy", preregistered=own)
    assert same.preregistered is None


def test_a_linear_parameter_is_drawn_by_its_coordinate(make_runs: MakeRuns) -> None:
    axes = Axes(
        Parameter(name="depth", scale="linear", low=0.0, high=1.0),
        Parameter(name="beta1", scale="log_one_minus", low=0.0, high=0.99),
        ridge=False,
    )
    named = {"at": {"depth": 0.5, "beta1": 0.9}, "curve": "none", "tolerance": {"depth": 0.1}}
    claim = Claim.model_validate(named).bound(axes, None)
    info = landscape_info(make_runs(), claim, OwnSpace.of(axes), objective="accuracy")
    assert (info.claim.y, info.ridge, info.curve) == (3.0, None, None)
    assert (min(info.neighbourhood.y), max(info.neighbourhood.y)) == pytest.approx((2.4, 3.6))
    figure = landscape_figure(info)
    assert figure.layout.yaxis.title.text == "depth" and figure.layout.yaxis.type != "log"
    assert "η" not in str(figure.to_json()) and "α" not in str(figure.to_json())
