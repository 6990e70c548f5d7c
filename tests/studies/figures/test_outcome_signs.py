"""Signs of outcomes: one each, the same everywhere, and the one that stands for several runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.outcome_signs import SIGNS, failures_of, in_words, outcomes_of, sign_of
from studies.figures.theme import DARK, LIGHT, Palette
from studies.records import Cause, Runs
from studies.verdict.answers import RunOutcome

MakeRuns = Callable[..., Runs]


def test_every_outcome_and_every_cause_has_a_sign() -> None:
    assert set(SIGNS) == set(RunOutcome) | (set(Cause) - {Cause.NONE})


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_signs_differ_by_shape_character_word_and_colour(palette: Palette) -> None:
    seen = [(s.symbol, s.character, s.word, s.marker(palette)["color"]) for s in SIGNS.values()]
    assert all(len(set(column)) == len(SIGNS) for column in zip(*seen, strict=True))


@pytest.mark.parametrize(
    ("outcomes", "sign"),
    [
        (["trained"] * 3, "trained"),
        (["trained", "trained", "collapsed"], "trained"),
        (["trained", "collapsed"], "collapsed"),
        (["collapsed", "collapsed", "untrained"], "untrained"),
        (["untrained", "untrained", "diverged", "trained"], "untrained"),
        (["untrained", "diverged"], "diverged"),
        (["chance", "trained"], "chance"),
        ([], "trained"),
    ],
)
def test_several_runs_are_shown_by_one_sign(outcomes: list[str], sign: str) -> None:
    assert sign_of(outcomes) == sign


def test_failures_are_counted_in_words() -> None:
    failures = failures_of(["trained"] * 5 + ["untrained"] + ["diverged"] * 2)
    assert failures == (("untrained", 1), ("diverged", 2))
    assert in_words(failures, 8) == "1 of 8 untrained, 2 diverged"
    assert in_words((), 8) == ""


def test_outcomes_follow_from_causes_unless_the_verdict_found_them(make_runs: MakeRuns) -> None:
    runs = make_runs()
    assert set(outcomes_of(runs).tolist()) == {"trained", "diverged"}
    unknown = replace(runs, cause=np.where(runs.diverged, "chance", ""))
    assert (outcomes_of(unknown)[runs.diverged] == "chance").all()
    found = np.where(runs.diverged, "diverged", "collapsed")
    assert outcomes_of(runs, found).tolist() == found.tolist()
    assert set(outcomes_of(unknown, found).tolist()) == {"chance", "collapsed"}
    assert (outcomes_of(replace(runs, cause=np.full(len(runs), "")))[runs.diverged] == "chance").all()
