"""Learning curves: named ones in front, of the others as many as can be distinguished."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from studies.figures.curves import CHOSEN, FAINT_LIMIT, ArmCurves, Curve, curves_figure, curves_info
from studies.figures.theme import LIGHT
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


ARMS = (
    ArmCurves("claim", "claim", 0.016, 0.87, ((0.2, 0.4), (0.4, 0.8))),
    ArmCurves("best", "best fitted point", 0.03, 0.8),
    ArmCurves("default", "the default", 0.01, 0.9, ((0.1, 0.3),)),
)


def test_chosen_arms_are_means_with_bands_in_their_own_colours() -> None:
    info = curves_info([Curve(1, 0.1, 0.5, "", (0.1, 0.2))], arms=ARMS)
    assert [(mean.curve.mark.arm, mean.curve.runs) for mean in info.arms] == [("claim", 2), ("default", 1)]
    assert info.arms[0].curve.mean.tolist() == pytest.approx([0.3, 0.6])
    faint, band, claim, default = curves_figure(info).data
    assert (faint.name, band.fill, claim.name, default.name) == ("other trials", "toself", "claim", "the default")
    assert max(band.y) <= 1.0
    assert claim.line.color == LIGHT.claim
    other = curves_info([], arms=(replace(ARMS[0], runs=()), *ARMS[1:]))
    assert curves_figure(other).data[0].line.color == default.line.color, "whatever else is chosen"
    assert curves_info([], arms=[replace(arm, runs=()) for arm in ARMS]).empty


def test_a_band_of_a_measure_may_go_below_nought() -> None:
    score = Measure(name="score", direction="maximize", kind="real")
    (mean,) = curves_info([], score, ARMS[:1]).arms
    assert mean.curve.low[0] < 0.0
    assert mean.curve.high[1] > 1.0


def test_each_chosen_trial_has_its_entry_and_its_line() -> None:
    curves = [Curve(trial, 0.1, 0.5, CHOSEN, (0.1, 0.5)) for trial in (3, 17, 17)]
    drawn = curves_figure(curves_info(curves)).data
    assert [(trace.name, trace.showlegend) for trace in drawn] == [
        ("trial #3", True),
        ("trial #17", True),
        ("trial #17", False),
    ]
    assert drawn[0].line.color != drawn[1].line.color == drawn[2].line.color
    assert drawn[0].line.dash != drawn[1].line.dash
