"""Pydantic's errors as problems: one per field, and those that a validator of the whole raised as a list."""

from __future__ import annotations

from typing import Any, Self

import pytest
from pydantic import BaseModel, ValidationError, model_validator

from studies.errors import Problem
from studies.language.validation import (
    MOST_SHOWN,
    InconsistentError,
    field_path,
    field_text,
    joined,
    lowered,
    problems_of,
    shown,
)


class Pair(BaseModel):
    """Two numbers that must differ and add up."""

    one: int
    two: int

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = [Problem("two", "equals `one`; change it")] if self.one == self.two else []
        if self.one + self.two != 3:
            found.append(Problem("", "the numbers do not add up to 3"))
        if found:
            raise InconsistentError(found)
        return self


class Pairs(BaseModel):
    """Pairs, nested."""

    pairs: list[Pair]
    name: str


def errors_of(model: type[BaseModel], value: Any) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return caught.value.errors()


def test_a_validator_of_the_whole_gives_all_its_problems() -> None:
    found = problems_of(errors_of(Pair, {"one": 1, "two": 1}))
    assert found == [("two", "equals `one`; change it"), ("", "the numbers do not add up to 3")]


def test_nested_problems_are_named_within_their_model_and_stand_beside_those_of_fields() -> None:
    value = {"pairs": [{"one": 1, "two": 2}, {"one": 4, "two": 4}, {"one": 1}], "name": 5}
    assert problems_of(errors_of(Pairs, value)) == [
        ("pairs.1.two", "equals `one`; change it"),
        ("pairs.1", "the numbers do not add up to 3"),
        ("pairs.2.two", "field required"),
        ("name", "input should be a valid string, got 5"),
    ]


def test_the_words_for_a_field_can_be_the_callers_own() -> None:
    found = problems_of(errors_of(Pairs, {"pairs": [], "name": 5}), lambda error: error["type"])
    assert found == [("name", "string_type")]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ((), ""),
        (("contexts", 0, "epochs"), "contexts.0.epochs"),
        (("design", "locate", "mates", 1), "design.mates.1"),
        (("document", "design", "search", "trials"), "document.design.trials"),
        (("design", "locate", "locate"), "design.locate"),
        (("locate",), "locate"),
        (("k" * 100,), "k" * 80),
        (("a\u202eb", "\ud800"), r"a\u202eb.\ud800"),
    ],
)
def test_a_path_leaves_the_tags_of_designs_out(location: tuple[str | int, ...], path: str) -> None:
    assert field_path(location) == path


def test_an_unknown_pattern_keeps_pydantics_words() -> None:
    error = {"type": "string_pattern_mismatch", "msg": "String should match", "input": "x", "ctx": {"pattern": "^y$"}}
    assert field_text(error) == "string should match, got 'x'"


def test_parts_messages_and_values_are_written_short() -> None:
    assert joined("", "rows", "", "1") == "rows.1"
    assert lowered("Value error, Too large") == "too large"
    assert shown("\u202e") == "'\\u202e'"
    assert len(shown("x" * 1000)) == MOST_SHOWN
