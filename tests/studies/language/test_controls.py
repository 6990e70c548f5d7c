"""Default controls: those that lie in the box and are not the claim; what a document names is refused or kept."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.design import LocateDesign
from studies.language.spec import StudySpec, parse


def study(**changes: Any) -> StudySpec:
    return parse({"name": "x", "schema_version": 3, **changes})


def test_controls_that_the_document_leaves_out_are_not_the_claim_itself() -> None:
    default = study(claim={"eta": 0.01, "alpha": 0.9}).design
    assert isinstance(default, LocateDesign)
    assert (default.folklore, default.mates) == (False, [0.0, 0.97])
    plain = study(claim={"eta": 0.02, "alpha": 0.0}).design
    assert isinstance(plain, LocateDesign)
    assert (plain.folklore, plain.mates) == (True, [0.97])


@pytest.mark.parametrize(
    ("changes", "mates", "folklore"),
    [
        ({}, [0.0, 0.97], True),
        ({"claim": {"eta": 0.5, "alpha": 0.9}}, [0.97], True),
        ({"claim": {"eta": 0.001, "alpha": 0.98}}, [0.0, 0.97], True),
        ({"claim": {"eta": 0.0004, "alpha": 0.1}}, [0.0], True),
        ({"search_space": {"eta": {"high": 0.1}}}, [0.97], True),
        ({"search_space": {"alpha": {"high": 0.88}}}, [0.0], False),
        ({"search_space": {"alpha": {"low": 0.8, "high": 0.9}}}, [], True),
        ({"claim": {"eta": 0.01, "alpha": 0.9}, "search_space": {"eta": {"high": 0.05}}}, [0.97], False),
        ({"claim": {"alpha": 0.97}, "search_space": {"eta": {"high": 0.5}}}, [], True),
        ({"search_space": {"eta": {"high": 0.1}}, "design": {"mates": [0.5]}}, [0.5], True),
        ({"search_space": {"alpha": {"high": 0.88}}, "design": {"mates": []}}, [], False),
    ],
)
def test_controls_that_the_document_leaves_out_are_those_that_lie_in_the_box(
    changes: dict[str, Any], mates: list[float], folklore: bool
) -> None:
    spec = study(**changes)
    assert isinstance(spec.design, LocateDesign)
    assert (spec.design.mates, spec.design.folklore) == (mates, folklore)
    assert parse(spec.model_dump_json()) == spec


def test_an_earlier_documents_default_mates_are_refused_where_they_leave_the_box() -> None:
    with pytest.raises(SpecError, match="outside `search_space`") as caught:
        parse({"name": "x", "schema_version": 2, "search_space": {"eta": {"high": 0.1}}})
    assert [problem.field for problem in caught.value.problems] == ["design.mates.0"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"claim": 3}, "claim"),
        ({"claim": {"eta": "0.1"}}, "claim.eta"),
        ({"claim": {"alpha": 1.0}}, "claim.alpha"),
        ({"claim": {"eta": True}}, "claim.eta"),
        ({"search_space": None}, "search_space"),
        ({"search_space": {"eta": {"low": 2.0}}}, "search_space.eta"),
        ({"search_space": {"alpha": {"high": 0.5}}}, "claim"),
    ],
)
def test_a_claim_or_box_that_is_unsound_is_the_only_thing_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        study(**changes)
    assert [problem.field for problem in caught.value.problems] == [field]
