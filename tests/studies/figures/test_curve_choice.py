"""What a reader may choose among learning curves, and what is said where it is not there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from planted_evidence import evidence_of

from studies import golden
from studies.errors import SpecError
from studies.figures.curve_choice import CurveChoice, chosen, confirmed_arms, require_known, require_none
from studies.records import Runs

MakeRuns = Callable[..., Runs]


def test_an_arm_has_the_trials_of_all_its_runs_in_the_confirmation(make_runs: MakeRuns) -> None:
    runs = make_runs()
    claim, best = confirmed_arms(evidence_of(runs))
    assert (claim.name, claim.eta, claim.alpha) == ("claim", golden.ETA, golden.ALPHA)
    assert (best.name, best.title, best.eta, best.alpha) == ("best", "best fitted point", 0.03, 0.8)
    for arm in (claim, best):
        confirmed = (runs.phase == "confirm") & (runs.arm == arm.name)
        assert arm.trials == tuple(runs.trial[confirmed]), "and none of the map's replicates"


def test_points_that_share_a_label_have_addresses_of_their_own(make_runs: MakeRuns) -> None:
    runs = make_runs()
    second = runs.trial == runs.trial[runs.arm == "best"][-1]
    runs.eta[second] = 0.031
    found = confirmed_arms(evidence_of(runs))
    assert [(arm.name, arm.eta) for arm in found[1:]] == [("best", 0.03), ("best.2", 0.031)]
    assert found[2].title == "best fitted point 2"
    assert not set(found[1].trials) & set(found[2].trials)


def test_without_a_confirmation_there_is_no_arm_and_that_is_said(make_runs: MakeRuns) -> None:
    runs = make_runs()
    arms = confirmed_arms(evidence_of(runs.where(np.asarray(runs.phase == "map"))))
    assert arms == ()
    with pytest.raises(SpecError, match="this sweep has no confirmation yet"):
        require_known(CurveChoice(("claim",)), arms, set())


def test_each_arm_or_trial_that_is_not_there_is_a_problem_of_its_own(make_runs: MakeRuns) -> None:
    arms = confirmed_arms(evidence_of(make_runs()))
    require_known(chosen(["best", "claim"], [3]), arms, {3})
    with pytest.raises(SpecError) as caught:
        require_known(chosen(["best", "nope"], [3, 4]), arms, {3})
    assert [(problem.field, problem.text) for problem in caught.value.problems] == [
        ("arm", "is 'nope'; this sweep's confirmation has claim, best"),
        ("trial", "is 4; this sweep has no finished trial of that number, leave it out"),
    ]


def test_other_figures_take_no_choice() -> None:
    require_none(chosen(None, None))
    with pytest.raises(SpecError) as caught:
        require_none(chosen(["best", "claim"], [3]))
    assert [problem.field for problem in caught.value.problems] == ["arm", "trial"]


def test_a_choice_is_written_into_an_address_once_each() -> None:
    choice = chosen(["best", "claim", "best"], [3, 3])
    assert choice.parts == [("arm", "best"), ("arm", "claim"), ("trial", "3")]
    assert not chosen([], [])
