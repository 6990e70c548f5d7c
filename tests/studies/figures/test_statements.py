"""The three statements for readers: each says what its record says, and nothing beyond it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from filled_answers import NO, UNDECIDED, UNKNOWN, YES, filled_answers

from studies.figures.statements import StatementLine, statement_lines
from studies.language.claim import Claim
from studies.verdict.answers import Answer, Statements
from studies.verdict.model import SweepVerdict
from studies.verdict.wording_statements import OPENINGS, Terms, statement_sentences

MakeVerdict = Callable[..., SweepVerdict]


@pytest.fixture
def lines(make_verdict: MakeVerdict) -> Callable[..., tuple[StatementLine, ...]]:
    def made(statements: Statements, **changes: object) -> tuple[StatementLine, ...]:
        verdict = replace(make_verdict(), answers=filled_answers(statements), **changes)  # type: ignore[arg-type]
        return statement_lines(verdict, Claim())

    return made


def test_an_earlier_analysis_has_no_statements(make_verdict: MakeVerdict) -> None:
    assert statement_lines(make_verdict()) == ()


@pytest.mark.parametrize("statements", [YES, NO, UNDECIDED, UNKNOWN])
def test_each_has_its_answer_a_number_and_one_sentence(
    statements: Statements, lines: Callable[..., tuple[StatementLine, ...]]
) -> None:
    found = lines(statements)
    assert [line.key for line in found] == ["as_good", "there", "matters"]
    assert [line.answer for line in found] == [
        statements.as_good.answer,
        statements.there.answer,
        statements.matters.answer,
    ]
    for line in found:
        assert line.question.endswith("?")
        assert line.sentence.endswith(".") and ". " not in line.sentence
        assert "None" not in line.sentence + line.number


def test_numbers_are_those_of_the_record(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    assert [line.number for line in lines(YES)] == [
        "loses at most 0.14 points",
        "at most a factor 1.8 away",
        "4 % of the box",
    ]
    assert [line.number for line in lines(NO)] == [
        "loses at least 6.1 points",
        "at least a factor 3.4 away",
        "30 % of the box",
    ]
    assert [line.number for line in lines(UNDECIDED)] == [
        "loses at most 1.3 points",
        "a factor 1.3 to over 5.6 away",
        "20 % of the box",
    ]
    assert {line.number for line in lines(UNKNOWN)} == {"–"}


def test_a_region_that_spans_the_box_places_nothing(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    there = replace(UNDECIDED.there, identifiable=False)
    _, place, _ = lines(replace(UNDECIDED, there=there))
    assert place.number == "anywhere in the box"
    assert "factor" not in place.sentence


def test_a_region_at_the_edge_says_so_whatever_the_answer(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    for answer in Answer:
        there = replace(NO.there, answer=answer, open_sides=("eta low", "alpha high"))
        _, place, _ = lines(replace(NO, there=there))
        assert "beyond the box, at low η and high α" in place.sentence


def test_the_tolerance_is_the_claims_own(make_verdict: MakeVerdict) -> None:
    verdict = replace(make_verdict(), answers=filled_answers(YES))
    assert "factor of 3" in statement_lines(verdict, Claim(tolerance_factor=3.0))[1].sentence
    assert "the claimed tolerance" in statement_lines(verdict)[1].sentence


def test_a_logarithmic_objective_loses_per_cent(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    good = replace(NO.as_good, loses_at_least=0.231, loses_at_least_points=None)
    first, *_ = lines(replace(NO, as_good=good), objective="cross_entropy", margin=0.1, margin_points=None)
    assert first.number == "loses at least 26 %"
    assert "26 % in test cross-entropy to the best fitted point" in first.sentence


def test_a_bound_below_the_margin_is_not_shown_as_more_than_it(
    lines: Callable[..., tuple[StatementLine, ...]],
) -> None:
    """The test may show what the interval alone does not: then the sentence names the test's answer."""
    good = replace(NO.as_good, loses_at_least=0.01, loses_at_least_points=0.04)
    first, *_ = lines(replace(NO, as_good=good))
    assert first.sentence.startswith("On fresh seeds it loses to the best fitted point, by more than the margin")
    assert "0.04" not in first.sentence + first.number
    assert first.number.startswith("loses more than ")


@pytest.mark.parametrize("by_surface", [True, False])
@pytest.mark.parametrize("least", [None, 0.01, 0.4])
def test_a_no_never_says_at_most(
    lines: Callable[..., tuple[StatementLine, ...]], least: float | None, by_surface: bool
) -> None:
    good = replace(NO.as_good, loses_at_least=least, by_surface=by_surface)
    first, *_ = lines(replace(NO, as_good=good))
    assert "at most" not in first.number + first.sentence


def test_a_loss_by_surface_and_pairs_says_so(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    by_both = replace(NO, as_good=replace(NO.as_good, by_surface=True))
    first, *_ = lines(by_both, margin=0.1, margin_points=0.46)
    assert "the fitted surface puts its loss above the margin" in first.sentence
    assert first.number == "loses more than 0.46 points", "what was shown; the pairs alone show less"
    assert lines(by_both, margin=None, margin_points=None)[0].number == "–"


def test_the_verdicts_own_sentences_are_the_same(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    terms = Terms("accuracy", 0.1, 0.5, Claim().tolerance_factor)
    for statements in (YES, NO, UNDECIDED, UNKNOWN):
        shown = lines(statements, margin=0.1, margin_points=0.5)
        said = statement_sentences(statements, terms)
        assert said == tuple(f"{o}{line.answer}. {line.sentence}" for o, line in zip(OPENINGS, shown, strict=True))


def test_a_point_that_nothing_beats_loses_nothing(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    first, *_ = lines(replace(YES, as_good=replace(YES.as_good, loses_at_most=0.0, loses_at_most_points=0.0)))
    assert first.sentence == "On fresh seeds no point run beside it does better (95 %)."


def test_a_region_that_the_answer_does_not_follow_says_why(lines: Callable[..., tuple[StatementLine, ...]]) -> None:
    doubt = "but the second method does not agree"
    there = replace(YES.there, answer=Answer.UNDECIDED, doubt=doubt)
    _, place, _ = lines(replace(YES, there=there))
    assert place.sentence == f"It lies up to a factor 1.8 from the claimed point (95 %), {doubt}."
