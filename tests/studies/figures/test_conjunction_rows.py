"""The printed table: exactly the row that decided is marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from filled_answers import YES, answered

from studies.figures.conjunction_rows import ROWS, ConjunctionRow, conjunction_rows
from studies.verdict.model import Outcome, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


@pytest.mark.parametrize(
    ("row", "code"), [(row, code) for row in ROWS for code in row.codes], ids=lambda value: str(value)[-24:]
)
def test_a_verdict_marks_the_row_that_made_it(row: ConjunctionRow, code: str, make_verdict: MakeVerdict) -> None:
    found = conjunction_rows(answered(make_verdict(), row.outcome, code, YES))
    assert [(each.outcome, each.code) for each in found if each.decided] == [(row.outcome, row.code)]
    assert [each.condition for each in found] == [each.condition for each in ROWS]


def test_no_two_rows_are_taken_for_one_another() -> None:
    pairs = [(row.outcome, code) for row in ROWS for code in row.codes]
    assert len(pairs) == len(set(pairs))


def test_a_verdict_without_a_reason_of_the_table_marks_no_row(make_verdict: MakeVerdict) -> None:
    assert not any(row.decided for row in conjunction_rows(replace(make_verdict(), reasons=())))
    other = answered(make_verdict(), Outcome.INCONCLUSIVE, "a_code_of_another_release", YES)
    assert not any(row.decided for row in conjunction_rows(other))
