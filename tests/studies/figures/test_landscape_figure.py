"""Drawing of the landscape: one trace and one label for each thing that it holds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.landscape import LandscapeInfo, landscape_info
from studies.figures.landscape_figure import landscape_figure
from studies.figures.numbers import number
from studies.figures.outcome_signs import SIGNS
from studies.figures.packed import figure_json
from studies.figures.theme import DARK, LIGHT
from studies.language.claim import Claim
from studies.language.measure import Measure
from studies.language.space import EtaRange, SearchSpace
from studies.records import Runs
from studies.verdict.model import SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]


def _drawn(info: LandscapeInfo) -> tuple[list[str], list[str]]:
    """Names of the traces and texts of the labels."""
    figure = json.loads(landscape_figure(info).to_json())
    notes = figure["layout"].get("annotations", [])
    return [trace["name"] for trace in figure["data"]], [note["text"] for note in notes]


def test_every_line_has_its_slope_beside_it(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy", verdict=make_verdict())
    names, texts = _drawn(info)
    assert texts == ["slope −2", "slope −1", f"slope {number(info.crest_slope, 2)}"]
    assert {"fitted surface", "95 % region", "η = (1−α)²", "same η/(1−α)", "tolerance", "claim"} <= set(names)


def test_only_things_that_are_there_are_drawn(make_runs: MakeRuns) -> None:
    claim = Claim(curve="none")
    names, texts = _drawn(landscape_info(make_runs(), claim, SearchSpace(), objective="accuracy"))
    assert texts == ["slope −1"]
    assert not {"fitted surface", "95 % region", "η = (1−α)²", "box as preregistered"} & set(names)
    assert {"measured", "diverged", "best measured"} <= set(names)


def test_the_preregistered_box_is_drawn_where_another_is_in_force(make_runs: MakeRuns) -> None:
    wide, own = SearchSpace(eta=EtaRange(low=1e-4, high=4.0)), SearchSpace()
    names, _ = _drawn(landscape_info(make_runs(), Claim(), wide, objective="accuracy", preregistered=own))
    assert "box as preregistered" in names


def test_points_that_are_not_drawn_are_counted(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(9000), Claim(), SearchSpace(), objective="accuracy")
    shown = len(info.measured) + len(info.failed)
    assert f"{shown:,} of 9,002 points shown" in _drawn(info)[1]


def test_hovering_says_value_point_and_divergence(make_runs: MakeRuns) -> None:
    runs = make_runs()
    some = replace(runs, diverged=runs.diverged | (np.arange(len(runs)) == len(runs) - 1))  # one of the best arm's
    figure = landscape_figure(landscape_info(some, Claim(), SearchSpace(), objective="accuracy"))
    texts = [text for trace in figure.data if trace.name == "ended at chance" for text in trace.hovertext]
    (mixed,) = (text for text in texts if "η 0.0300" in text)
    assert "1 of 6 ended at chance" in mixed and "α 0.800" in mixed


def test_every_outcome_is_drawn_by_its_own_sign(make_runs: MakeRuns) -> None:
    runs = make_runs()
    outcome = np.resize(np.array(["trained", "collapsed", "untrained", "diverged"]), len(runs))
    failed = np.isin(outcome, ["untrained", "diverged"])
    runs = replace(runs, diverged=failed, cause=np.where(failed, outcome, ""))
    info = landscape_info(runs, Claim(), SearchSpace(), objective="accuracy", outcome=outcome)
    for palette in (LIGHT, DARK):
        drawn = {trace.name: trace.marker for trace in landscape_figure(info, palette).data if trace.marker.symbol}
        for name in ("collapsed", "untrained", "diverged"):
            assert (drawn[name].symbol, drawn[name].line.color) == (SIGNS[name].symbol, getattr(palette, name))
    assert sum(cell.sign == "collapsed" for cell in info.failed) == 15  # of the 60 points of the map
    assert all(cell.value is not None for cell in info.failed if cell.sign == "collapsed")


def test_a_region_of_two_methods_shows_what_the_process_alone_says(
    make_runs: MakeRuns, make_verdict: MakeVerdict
) -> None:
    verdict = make_verdict()
    assert verdict.region is not None
    joined = replace(verdict, region=replace(verdict.region, process=verdict.region.p))
    for one, expected in ((verdict, False), (joined, True)):
        info = landscape_info(make_runs(), Claim(), SearchSpace(), objective="accuracy", verdict=one)
        assert ("by the process alone" in _drawn(info)[0]) is expected


@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e12])
def test_a_real_measure_is_drawn_alike_in_every_unit(
    make_runs: MakeRuns, make_verdict: MakeVerdict, factor: float
) -> None:
    real, verdict, runs = Measure(name="elbo", direction="maximize", kind="real"), make_verdict(), make_runs()
    assert verdict.region is not None
    mean = tuple(tuple(None if x is None else factor * x for x in row) for row in verdict.region.mean)
    verdict = replace(verdict, objective="measure", region=replace(verdict.region, mean=mean))
    info = landscape_info(
        replace(runs, value=factor * runs.accuracy), Claim(), SearchSpace(), objective=real, verdict=verdict
    )
    low, high = info.shade_range
    assert high - low < factor and len(info.shade_ticks.at) >= 2
    lines = json.loads(landscape_figure(info).to_json())["data"][0]["contours"]
    known = [x for row in mean for x in row if x is not None]
    assert lines["end"] == pytest.approx(max(known), rel=1e-12)
    assert 3 <= sum(lines["start"] <= x <= lines["end"] for x in known) < len(known)
    assert (lines["end"] - lines["start"]) / lines["size"] == pytest.approx(8.0, rel=1e-3)


def test_a_landscape_of_many_points_is_light_and_each_mark_keeps_its_text(make_runs: MakeRuns) -> None:
    info = landscape_info(make_runs(2400), Claim(), SearchSpace(), objective="accuracy")
    figure = landscape_figure(info)
    measured = next(trace for trace in figure.data if trace.name == "measured")
    assert list(measured.x) == sorted(measured.x)
    cells = {f"#{cell.trials[0]}": cell for cell in info.measured}
    for x, y, text in zip(measured.x, measured.y, measured.hovertext, strict=True):
        cell = cells[text.rsplit("trial ", 1)[1].split(",")[0].removesuffix("…")]
        assert x == pytest.approx(cell.u, abs=1e-3) and y == pytest.approx(cell.y, rel=1e-3)
    assert len(gzip.compress(figure_json(figure).encode(), 6)) < 26 * len(measured.x)
