"""All figures by name: each can be drawn, says so where there is nothing, and is safe under the page's policy."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from planted_trend import planted_trend

from studies.figures.book import FIGURES, FigureData, draw
from studies.figures.curves import Curve
from studies.figures.theme import DARK, LIGHT
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.records import Runs
from studies.verdict.model import SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]


SAFE = {"scatter", "contour"}  # plotly's gl and parcoords traces need unsafe-eval


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
    full = FigureData(
        Claim(), SearchSpace(), "accuracy", make_runs(), verdict, [verdict], make_curves(), trends=[planted_trend()]
    )
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
