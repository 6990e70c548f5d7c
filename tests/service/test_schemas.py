"""The names that a study can have."""

from __future__ import annotations

import pytest

from service.schemas import study_name
from studies.errors import StudyNotFoundError


@pytest.mark.parametrize("name", ["a", "quickstart", "table-1", "0", "x" * 63])
def test_a_possible_name_is_returned(name: str) -> None:
    assert study_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a/b", "../x", "x" * 64, "é", "a\n", "a\x00"])
def test_an_impossible_name_is_a_study_that_is_not_there(name: str) -> None:
    with pytest.raises(StudyNotFoundError, match="no study is called"):
        study_name(name)


def test_the_message_quotes_a_long_name_in_part() -> None:
    with pytest.raises(StudyNotFoundError) as refused:
        study_name("x" * 10_000)
    assert len(str(refused.value)) < 120
