"""Problems as they are listed: at most twenty, and the number of the others."""

from __future__ import annotations

import pytest

from studies.errors import MOST_LISTED, Problem, ProblemList, SpecError


def some(count: int) -> list[Problem]:
    return [Problem(f"rows.{i}", "is wrong") for i in range(count)]


def test_a_problem_is_written_with_its_field_where_it_has_one() -> None:
    assert str(Problem("seed", "is missing")) == "seed: is missing"
    assert str(Problem("", "the body is empty")) == "the body is empty"


@pytest.mark.parametrize(
    ("count", "listed", "unlisted"), [(0, 0, 0), (1, 1, 0), (20, 20, 0), (21, 20, 1), (33, 20, 13)]
)
def test_twenty_problems_are_listed_and_the_rest_is_counted(count: int, listed: int, unlisted: int) -> None:
    found = ProblemList.of(some(count))
    assert found == ProblemList(tuple(some(listed)), unlisted)
    assert MOST_LISTED == 20
    assert len(found.lines()) == listed + (unlisted > 0)


def test_an_error_keeps_all_problems_and_says_those_that_are_listed() -> None:
    error = SpecError(some(1_033))
    assert len(error.problems) == 1_033
    assert str(error) == "; ".join([f"rows.{i}: is wrong" for i in range(20)] + ["and 1,013 more"])
    assert error.problem_list.lines()[-1] == "and 1,013 more"
