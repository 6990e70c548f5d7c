"""Learning curves: named ones in front, of the others as many as can be distinguished."""

from __future__ import annotations

import math

import pytest

from studies.figures.curves import FAINT_LIMIT, Curve, curves_figure, curves_info
from studies.language.measure import Measure


def test_curves_leave_out_what_would_be_a_grey_mass() -> None:
    many = [Curve(i, 0.1, 0.5, "", (0.1, 0.2)) for i in range(3 * FAINT_LIMIT)]
    info = curves_info([*many, Curve(9999, 0.1, 0.5, "best", (0.5, 0.9))])
    assert len(info.faint) <= FAINT_LIMIT
    assert len(info.faint) + info.hidden == 3 * FAINT_LIMIT
    assert len(info.named) == 1


@pytest.mark.parametrize("count", [1, FAINT_LIMIT, FAINT_LIMIT + 1, 2 * FAINT_LIMIT])
def test_few_curves_are_all_drawn_and_more_are_thinned_evenly(count: int) -> None:
    info = curves_info([Curve(i, 0.1, 0.5, "", (0.1,)) for i in range(count)])
    assert len(info.faint) == (count if count <= FAINT_LIMIT else math.ceil(count / 2))
    steps = {later.trial - earlier.trial for earlier, later in zip(info.faint, info.faint[1:], strict=False)}
    assert steps <= {1 if count <= FAINT_LIMIT else 2}


def test_each_role_has_one_entry_in_the_legend() -> None:
    roles = ("claim", "claim", "best", "")
    figure = curves_figure(curves_info([Curve(i, 0.1, 0.5, role, (0.1, 0.5)) for i, role in enumerate(roles)]))
    assert [(trace.name, trace.showlegend) for trace in figure.data[1:]] == [
        ("claim", True),
        ("claim", False),
        ("best measured", True),
    ]
    assert figure.data[0].y == (0.1, 0.5, None), "faint curves are one trace with gaps"
    assert curves_info([]).empty


def test_curves_of_runs_that_failed_end_in_the_sign_of_their_outcome() -> None:
    ended = {"claim": "diverged", "chosen": "untrained", "best": "trained", "": "untrained"}
    curves = [Curve(i, 0.1, 0.5, role, (0.5, 0.1), outcome) for i, (role, outcome) in enumerate(ended.items())]
    drawn = {trace.name: trace for trace in curves_figure(curves_info(curves)).data if trace.mode == "markers"}
    assert {name: trace.customdata for name, trace in drawn.items()} == {"untrained": (3, 1), "diverged": (0,)}
    assert all(set(trace.x) == {2} and set(trace.y) == {0.1} for trace in drawn.values())


def test_curves_that_trainers_report_are_named_by_their_measure() -> None:
    perplexity = Measure(name="perplexity", direction="minimize", kind="positive")
    figure = curves_figure(curves_info([Curve(3, 0.1, 0.5, "chosen", (900.0, 40.0))], perplexity))
    assert figure.layout.yaxis.title.text == "perplexity"
    assert (figure.layout.yaxis.range, figure.layout.yaxis.tickformat) == (None, None), "no share"
    assert "%{y:.4g}" in figure.data[0].hovertemplate
    assert "reported no values" in curves_info([Curve(3, 0.1, 0.5, "chosen", ())], perplexity).empty
