"""What figures hold: the logic is in the infos; drawing is checked for being drawable and CSP-safe."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies import golden
from studies.figures.book import FIGURES, FigureData, draw
from studies.figures.cells import best, cells, is_claim
from studies.figures.curves import FAINT_LIMIT, Curve, curves_info
from studies.figures.drift import drift_info
from studies.figures.history import history_info
from studies.figures.landscape import MOST_POINTS, landscape_info
from studies.figures.landscape_figure import landscape_figure
from studies.figures.numbers import momentum, number, p_value, percent, signed
from studies.figures.paired import paired_info
from studies.figures.scales import shade, shade_ticks
from studies.figures.slices import slices_info
from studies.figures.theme import DARK, LIGHT
from studies.language.claim import Claim
from studies.language.space import EtaRange, SearchSpace
from studies.records import Runs
from studies.verdict.records import SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]
SAFE = {"scatter", "contour"}  # plotly's gl and parcoords traces need unsafe-eval


def test_cells_gather_replicates_of_one_point(make_runs: MakeRuns) -> None:
    runs = make_runs()
    claim = next(c for c in cells(runs, "accuracy") if is_claim(c))
    rows = runs.arm == "claim"
    assert claim.runs == 14
    assert claim.value == pytest.approx(runs.accuracy[rows].mean())
    assert set(claim.phases) == {"map", "confirm"}


def test_best_never_is_a_diverged_cell(make_runs: MakeRuns) -> None:
    runs = make_runs()
    leader = best(cells(runs, "accuracy"), "accuracy")
    assert leader is not None
    assert leader.diverged == 0
    smallest = best(cells(runs, "cross_entropy"), "cross_entropy")
    assert smallest is not None
    assert smallest.value == pytest.approx(runs.cross_entropy[~runs.diverged].min(), abs=0.05)


def test_landscape_keeps_diverged_points_and_marks_the_claim(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = landscape_info(runs, Claim(), SearchSpace(), objective="accuracy")
    assert sum(c.runs for c in info.diverged) == int(runs.diverged.sum())
    assert (info.claim.eta, info.claim.alpha) == (golden.ETA, golden.ALPHA)
    assert len(info.measured) + len(info.diverged) == 62


def test_landscape_lines_meet_in_the_claim(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy")
    assert info.curve is not None
    curve = np.interp(info.claim.u, info.curve.u, np.log(info.curve.eta))
    ridge = np.interp(info.claim.u, info.ridge.u, np.log(info.ridge.eta))
    assert curve == pytest.approx(math.log(golden.ETA), abs=1e-6)
    assert ridge == pytest.approx(math.log(golden.ETA), abs=1e-6)


def test_landscape_neighbourhood_is_the_claims_factor(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy")
    assert min(info.neighbourhood.eta) == pytest.approx(golden.ETA / 2)
    assert max(info.neighbourhood.u) - info.claim.u == pytest.approx(math.log(2))


def test_landscape_thins_what_a_browser_could_not_draw(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(9000), Claim(), SearchSpace(), objective="accuracy")
    shown = [*info.measured, *info.diverged]
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
    rise = np.diff(np.log([info.crest.eta[0], info.crest.eta[-1]]))[0] / (info.crest.u[-1] - info.crest.u[0])
    assert rise == pytest.approx(verdict.ridge_slope.estimate)
    assert info.crest_slope == verdict.ridge_slope.estimate
    texts = [note["text"] for note in json.loads(landscape_figure(info).to_json())["layout"]["annotations"]]
    assert texts == ["slope −2", "slope −1", f"slope {number(info.crest_slope, 2)}"]


def test_landscape_outlines_the_preregistered_box_where_another_is_in_force(make_runs: MakeRuns) -> None:
    wide, own = SearchSpace(eta=EtaRange(low=1e-4, high=4.0)), SearchSpace()
    info = landscape_info(make_runs(), Claim(), wide, objective="accuracy", preregistered=own)
    assert info.preregistered is not None
    assert (min(info.preregistered.eta), max(info.preregistered.eta)) == (own.eta.low, own.eta.high)
    assert info.eta_range[1] > 4.0
    names = [trace["name"] for trace in json.loads(landscape_figure(info).to_json())["data"]]
    assert "box as preregistered" in names
    same = landscape_info(make_runs(), Claim(), own, objective="accuracy", preregistered=own)
    assert same.preregistered is None


@pytest.mark.parametrize("objective", ["accuracy", "error", "cross_entropy", "epochs_to_target"])
def test_shade_rises_with_quality(objective: str) -> None:
    better, worse = (0.99, 0.9) if objective == "accuracy" else (0.01, 0.1)
    assert shade(better, objective) > shade(worse, objective)
    ticks = shade_ticks(float(shade(worse, objective)) - 1, float(shade(better, objective)) + 1, objective)
    assert 2 <= len(ticks.at) <= 8
    assert list(ticks.at) == sorted(ticks.at)


def test_history_never_falls(make_runs: MakeRuns) -> None:
    info = history_info(make_runs(), objective="error")
    assert list(info.best_so_far) == sorted(info.best_so_far)
    assert [s.phase for s in info.phases] == ["map", "confirm"]


def test_paired_falls_back_to_response_units(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    info = paired_info(verdict)
    assert info.unit == "percentage points of accuracy"
    assert info.margin == 0.3
    assert info.rows[1].outcome == "worse than the claim by more than the margin"
    assert info.rows[1].name == "α 0, same η/(1−α)"
    assert paired_info(None).empty


def test_slices_peak_at_the_planted_optimum(make_verdict: MakeVerdict) -> None:
    along, across = slices_info(Claim(), make_verdict()).profiles
    assert along.at[int(np.argmax(along.drop))] == pytest.approx(math.log(5), abs=0.3)
    assert across.at[int(np.argmax(across.drop))] == pytest.approx(math.log(0.15), abs=0.3)
    assert max(along.drop) == 0.0


def test_drift_lists_only_located_optima(make_verdict: MakeVerdict) -> None:
    info = drift_info([make_verdict()], Claim(), SearchSpace())
    assert info.rows[0].u.estimate == pytest.approx(-math.log(0.2))
    assert info.rows[0].name == "golden loss"
    elsewhere = replace(make_verdict(), sweep="golden@other", context="other")
    assert drift_info([make_verdict(), elsewhere], Claim(), SearchSpace()).rows[1].name == "golden loss<br>other"
    assert drift_info([], Claim(), SearchSpace()).empty


def test_curves_leave_out_what_would_be_a_grey_mass() -> None:
    many = [Curve(i, 0.1, 0.5, "", (0.1, 0.2)) for i in range(3 * FAINT_LIMIT)]
    info = curves_info([*many, Curve(9999, 0.1, 0.5, "best", (0.5, 0.9))])
    assert len(info.faint) <= FAINT_LIMIT
    assert len(info.faint) + info.hidden == 3 * FAINT_LIMIT
    assert len(info.named) == 1


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_figures_draw_with_safe_traces(
    name: str,
    palette: object,
    make_runs: MakeRuns,
    make_verdict: MakeVerdict,
    make_curves: Callable[[], tuple[Curve, ...]],
) -> None:
    verdict = make_verdict()
    full = FigureData(Claim(), SearchSpace(), "accuracy", make_runs(), verdict, [verdict], make_curves())
    figure = json.loads(draw(name, full, palette).to_json())  # type: ignore[arg-type]
    assert figure["data"]
    assert {trace["type"] for trace in figure["data"]} <= SAFE


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("rows", [0, 1])
def test_figures_of_almost_nothing_say_so(name: str, rows: int, make_runs: MakeRuns) -> None:
    runs = make_runs()
    few = FigureData(Claim(), SearchSpace(), "accuracy", runs.where(np.arange(len(runs)) < rows))
    figure = draw(name, few)
    assert figure.data or figure.layout.annotations[0].text


def test_an_unknown_figure_is_refused(make_runs: MakeRuns) -> None:
    with pytest.raises(KeyError):
        draw("parcoords", FigureData(Claim(), SearchSpace(), "accuracy", make_runs()))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (number(0.0158679), "0.0159"),
        (number(-2.5e-7), "−2.50e−7".replace("e−7", "e−07")),
        (number(None), "–"),
        (number(float("nan")), "–"),
        (number(12345.0), "12345"),
        (signed(-0.123), "−0.12"),
        (percent(0.98765), "98.77 %"),
        (p_value(0.00001), "< 0.001"),
        (momentum(0.874032), "0.874"),
        (momentum(0.99), "0.9900"),
    ],
)
def test_numbers_are_written_for_readers(written: str, expected: str) -> None:
    assert written == expected
