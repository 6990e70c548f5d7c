"""The door: later rules hold for what comes in, not for what is read again."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.spec import StudySpec, parse, restored

STRICTER: list[tuple[str, dict[str, Any]]] = [
    ("claim.title", {"claim": {"title": "a\x1b]0;b\x07"}}),
    ("claim.title", {"claim": {"title": "a\nb"}}),
    ("title", {"title": "one\ttab"}),
    ("title", {"title": "tag\U000e0041"}),
    ("description", {"description": "carriage\rreturn"}),
    ("search_space.eta.low", {"search_space": {"eta": {"low": 5e-324, "high": 1.0}}}),
    ("search_space.eta", {"search_space": {"eta": {"low": 0.01586, "high": 0.01587}}}),
    ("search_space.alpha", {"search_space": {"alpha": {"low": 0.8740, "high": 0.8741}}}),
    ("search_space.alpha.high", {"search_space": {"alpha": {"high": 1.0 - 1e-10}}}),
    ("claim.tolerance_factor", {"claim": {"tolerance_factor": 1.001}}),
    ("design.mates.1", {"design": {"kind": "locate", "mates": [0.5, 0.50000001]}}),
]
BARE = {"kind": "locate", "mates": [], "folklore": False}


@pytest.mark.parametrize(("field", "changes"), STRICTER)
def test_a_document_that_an_earlier_release_took_is_refused_and_still_read(field: str, changes: dict[str, Any]) -> None:
    document = {"name": "old", "design": BARE, **changes}
    with pytest.raises(SpecError) as caught:
        parse(document)
    assert [problem.field for problem in caught.value.problems] == [field]
    read = restored(document)
    assert StudySpec.model_validate_json(read.model_dump_json()) == read


def test_a_neighbourhood_that_holds_the_whole_box_leaves_nothing_to_compare_with() -> None:
    space = {"eta": {"low": 0.012, "high": 0.02}, "alpha": {"low": 0.85, "high": 0.89}}
    with pytest.raises(SpecError, match=r"claim.tolerance_factor: the whole `search_space` lies within"):
        parse({"name": "small", "search_space": space, "design": BARE})
    parse({"name": "small", "search_space": space, "design": BARE, "claim": {"tolerance_factor": 1.2}})
    parse({"name": "small", "search_space": space, "design": {"kind": "search"}})


def test_half_a_surrogate_pair_is_refused_with_its_field() -> None:
    with pytest.raises(SpecError, match=r"contexts.0.name: holds half of a surrogate pair"):
        parse({"name": "x", "contexts": [{"name": "\ud800"}]})
