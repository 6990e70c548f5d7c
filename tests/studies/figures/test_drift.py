"""Each sweep's optimum beside the claim's."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from studies import golden
from studies.figures.drift import drift_figure, drift_info
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.verdict.model import Outcome, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


def test_drift_lists_only_located_optima(make_verdict: MakeVerdict) -> None:
    info = drift_info([make_verdict()], Claim(), SearchSpace())
    assert info.rows[0].u.estimate == pytest.approx(-math.log(0.2))
    assert info.rows[0].name == "golden loss"
    elsewhere = replace(make_verdict(), sweep="golden@other", context="other")
    assert drift_info([make_verdict(), elsewhere], Claim(), SearchSpace()).rows[1].name == "golden loss<br>other"
    named = drift_info([make_verdict(), elsewhere], Claim(), SearchSpace(), {"other": "other (reconstruction)"})
    assert named.rows[1].name == "golden loss<br>other (reconstruction)"
    assert drift_info([], Claim(), SearchSpace()).empty


def test_contexts_of_one_loss_stand_below_each_other(make_verdict: MakeVerdict) -> None:
    sweeps = [("golden", "a"), ("sse", "a"), ("golden", "b")]
    verdicts = [replace(make_verdict(), loss=loss, context=context) for loss, context in sweeps]
    info = drift_info(verdicts, Claim(), SearchSpace())
    assert [row.lines for row in info.rows] == [
        ("golden loss", "a"),
        ("golden loss", "b"),
        ("squared error", "a"),
    ]


def test_the_figure_has_eta_and_alpha_side_by_side(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict(Outcome.REFUTED)
    info = drift_info([verdict, replace(verdict, context="other")], Claim(), SearchSpace())
    eta, alpha = drift_figure(info).data
    assert (eta.xaxis, eta.yaxis, alpha.xaxis, alpha.yaxis) == ("x", "y", "x2", "y2")
    assert eta.x[0] == verdict.eta.estimate
    assert alpha.error_x.array[0] == pytest.approx(math.log(0.2 / 0.05))
    assert eta.hovertext[1] == "<b>golden loss, other</b>: refuted<br>η 0.0300, α 0.800"
    assert info.eta_claim[1] == golden.ETA
