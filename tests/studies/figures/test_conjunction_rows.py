"""The printed table: exactly the row that decided is marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from filled_answers import YES, answered

from studies.figures.conjunction_rows import ROWS, conjunction_rows
from studies.verdict.model import Outcome, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: f"{row.outcome}-{row.code}")
def test_a_verdict_marks_the_row_that_made_it(row: object, make_verdict: MakeVerdict) -> None:
    chosen = next(each for each in ROWS if each is row)
    verdict = answered(make_verdict(), chosen.outcome, chosen.code, YES)
    marked = [(each.outcome, each.code) for each in conjunction_rows(verdict) if each.decided]
    assert marked == [(chosen.outcome, chosen.code)]


@pytest.mark.parametrize("code", ["specific", "not_specific", "statements"])
def test_every_support_is_the_first_row(code: str, make_verdict: MakeVerdict) -> None:
    found = conjunction_rows(answered(make_verdict(), Outcome.SUPPORTED, code, YES))
    assert [row.decided for row in found] == [True] + [False] * (len(ROWS) - 1)


@pytest.mark.parametrize("code", ["incomplete", "data", "fragile", "model", "adaptive", "diverged"])
def test_what_comes_before_the_table_marks_no_row(code: str, make_verdict: MakeVerdict) -> None:
    assert not any(row.decided for row in conjunction_rows(answered(make_verdict(), Outcome.INCONCLUSIVE, code, YES)))


def test_a_verdict_without_a_reason_marks_no_row(make_verdict: MakeVerdict) -> None:
    assert not any(row.decided for row in conjunction_rows(replace(make_verdict(), reasons=())))
