"""A misspelt field or choice of a study document is answered with the nearest one there is at that place."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.catalogue import entry
from studies.language.nearest import fields_at, guess
from studies.language.spec import StudySpec, parse


def document(place: str, value: object) -> dict[str, Any]:
    """The quickstart with a value at a dotted place."""
    values = tomllib.loads(entry("quickstart").toml)
    *path, last = place.split(".")
    inner: Any = values
    for part in path:
        inner = inner[int(part)] if part.isdigit() else inner[part]
    inner[int(last) if last.isdigit() else last] = value
    return values


@pytest.mark.parametrize(
    ("place", "value", "field", "near"),
    [
        ("titel", "x", "titel", "title"),
        ("design.map_point", 3, "design.map_point", "map_points"),
        ("design.kind", "locat", "design", "locate"),
        ("design.confirmation", "fixd", "design.confirmation", "fixed"),
        ("contexts.0.epoch", 3, "contexts.0.epoch", "epochs"),
        ("contexts.0.dataset", "rotated-digit", "contexts.0.dataset", "rotated-digits"),
        ("contexts.0.update_rule", "adm", "contexts.0.update_rule", "adam"),
        ("contexts.0.update_rule", {"name": "adam", "bet2": 0.9}, "contexts.0.update_rule.bet2", "beta2"),
        ("losses", ["golden", "crossentropy"], "losses.1", "cross_entropy"),
        ("claim", {"objctive": "accuracy"}, "claim.objctive", "objective"),
    ],
)
def test_the_nearest_name_is_named(place: str, value: object, field: str, near: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(document(place, value))
    (problem,) = refused.value.problems
    assert (problem.field, f"did you mean `{near}`?" in problem.text) == (field, True)


@pytest.mark.parametrize("word", ["zzzz", "x" * 5000, "\ud800", 3])
def test_nothing_is_guessed_where_nothing_is_alike(word: object) -> None:
    assert guess(word, fields_at(StudySpec, [])) == ""


def test_only_fields_of_the_kind_at_hand_are_offered() -> None:
    of_search = fields_at(StudySpec, ["design", "search", "x"])
    assert "sampler" in of_search and "map_points" not in of_search
