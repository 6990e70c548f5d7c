"""Five answers: each is checked against those before it, and what is usual is acceptable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studies.cost import preview
from studies.errors import SpecError
from studies.external.first_study import (
    DATASETS,
    QUESTIONS,
    SIZES,
    Answers,
    document_from,
    trainings,
    usual_space,
    with_answer,
)
from studies.language.spec import parse
from studies.language.terms import vague

OWN = Answers("mine", "lr=3e-4,beta1=0.9", "lr=1e-5..0.1,beta1=0.5..0.999", "own", "val_acc:1000", "standard")
BUILT_IN = Answers("mine", "lr=0.1,momentum=0.9", "lr=0.05..0.2,momentum=0.8..0.95", "digits", "accuracy", "small")
NAMES = st.sampled_from([question.name for question in QUESTIONS])
WORDS = st.sampled_from(
    ["lr", "=", "=", ",", "momentum", "0.9", "1e400", "-1", "..", ":", "own", "nan", "acc", "１", "\x1b"]
)
ODD = st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=12).map("".join))


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set_makes_an_acceptable_study(dataset: str) -> None:
    spec = parse(document_from(replace(BUILT_IN, trainer=dataset)))
    assert spec.contexts[0].name == dataset
    assert [parameter.scale for parameter in spec.parameters] == ["log", "log_one_minus"]
    assert spec.ridge


@pytest.mark.parametrize("answers", [OWN, BUILT_IN])
def test_the_size_that_is_offered_is_that_of_the_preview(answers: Answers) -> None:
    found = []
    for size in SIZES:
        spec = parse(document_from(replace(answers, size=size)))
        found.append(trainings(answers, size))
        assert found[-1] == preview(spec, None).runs
    assert found == sorted(found)


def test_a_linear_range_is_near_by_a_tenth_of_it() -> None:
    answers = replace(OWN, claim="depth=6,lr=0.1", space="depth=2..12,lr=0.01..1")
    assert document_from(answers)["claim"] == {
        "at": {"depth": 6.0, "lr": 0.1},
        "tolerance_factor": 2.0,
        "tolerance": {"depth": 1.0},
    }


def test_a_stated_scale_is_kept_though_the_built_in_trainer_refuses_it() -> None:
    with pytest.raises(SpecError, match="on the scale log"):
        parse(document_from(replace(BUILT_IN, space="lr=0.05..0.2:linear,momentum=0.8..0.95")))


@given(value=st.floats(1e-9, 1e9), memory=st.floats(0.0, 0.9999))
@example(value=1.0, memory=0.0)
@example(value=0.1, memory=0.9999)
def test_usual_ranges_hold_the_claim_which_says_enough_there(value: float, memory: float) -> None:
    space = usual_space(Answers("mine", f"lr={value!r},optimizer.momentum={memory!r}"))
    assert space is not None
    answers = with_answer(Answers("mine", f"lr={value!r},optimizer.momentum={memory!r}"), "space", space)
    spec = parse(document_from(answers))
    assert [parameter.scale for parameter in spec.parameters] == ["log", "log_one_minus"]
    assert vague(spec.claim, spec.space) is None


@pytest.mark.parametrize("claim", ["lr=0.1,depth=0", "x=-1,y=2", "momentum=2,x=-3"])
def test_a_claim_that_says_nothing_of_its_scale_has_no_usual_ranges(claim: str) -> None:
    assert usual_space(Answers("mine", claim)) is None


@given(answers=st.sampled_from([OWN, BUILT_IN]), name=NAMES, answer=ODD)
def test_every_answer_is_taken_or_refused_in_words(answers: Answers, name: str, answer: str) -> None:
    try:
        found = with_answer(answers, name, answer)
    except SpecError as error:
        assert error.problem_list.lines()
        assert all(line.isprintable() and len(line) < 800 for line in error.problem_list.lines())
        return
    parse(document_from(found))
