"""Parallel coordinates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studies.figures.parallel import FAILED_AT, MOST_LINES, parallel_figure, parallel_info, parallel_table
from studies.language.claim import Claim
from studies.language.parameters import Parameter, axes_of
from studies.language.space import OwnSpace, SearchSpace
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_every_trial_has_a_line_the_best_on_top_and_the_claim_last(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = parallel_info(runs, Claim(), SearchSpace(), objective="accuracy")
    assert [group.name for group in info.groups] == [
        "no value",
        "worse half",
        "better half",
        "best quarter",
        "best tenth",
    ]
    assert sum(len(group.trials) for group in info.groups) == len(runs)
    assert [axis.title for axis in info.axes][2:] == ["η/(1−α)", "test accuracy"]
    assert (info.groups[0].lines[:, -1] == FAILED_AT).all()
    best, worse = (info.groups[i].lines[:, -1] for i in (-1, 1))
    assert best.min() >= worse.max()
    assert parallel_figure(info).data[-1].name == "claim"
    assert len(parallel_table(info).rows) == len(runs)


def test_positions_and_ticks_lie_on_their_axis(make_runs: MakeRuns) -> None:
    info = parallel_info(make_runs(), Claim(), SearchSpace(), objective="cross_entropy")
    for group in info.groups:
        inside = group.lines if group.name != "no value" else group.lines[:, :-1]
        assert ((inside >= 0.0) & (inside <= 1.0)).all()
    for axis in info.axes:
        assert axis.ticks.at
        assert all(-1e-9 <= at <= 1.0 + 1e-9 for at in axis.ticks.at)


def test_a_grey_mass_is_thinned_and_counted(make_runs: MakeRuns) -> None:
    info = parallel_info(make_runs(points=3000), Claim(), SearchSpace(), objective="accuracy")
    assert all(len(group.trials) <= MOST_LINES for group in info.groups)
    assert info.hidden == 3020 - sum(len(group.trials) for group in info.groups) > 0


def test_without_a_ridge_there_is_no_rate(make_runs: MakeRuns) -> None:
    own = (
        Parameter(name="lr", scale="log", low=1e-4, high=1.0),
        Parameter(name="width", scale="linear", low=0.0, high=1.0),
    )
    axes = axes_of(own, None)
    claim = Claim.model_validate({"at": {"lr": 0.1, "width": 0.5}, "tolerance": {"width": 0.1}}).bound(axes, None)
    info = parallel_info(make_runs(), claim, OwnSpace.of(axes), objective="accuracy")
    assert len(info.axes) == 3
    assert np.isfinite(info.claim[0] or np.nan)
