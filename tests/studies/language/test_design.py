"""The designs: the arms of their blocks, the sampler that they ask, and the points that they are given."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from studies import golden
from studies.language.design import (
    CrossValidationDesign,
    Design,
    FixedPoint,
    LocateDesign,
    SearchBeside,
    SearchDesign,
    asked_sampler,
)
from studies.language.parameters import PAPER

POINT = FixedPoint(eta=0.1, alpha=0.5)


@pytest.mark.parametrize(
    ("design", "candidates", "controls"),
    [
        (LocateDesign(), 6, 3),
        (LocateDesign(opposite=False, mates=[0.5], folklore=False), 5, 1),
        (LocateDesign(likeliest=False, rival=False), 4, 3),  # the arms of version 2
        (LocateDesign(opposite=None, likeliest=None, rival=None), 3, 3),  # and of version 1
        (SearchDesign(kind="search"), 2, 0),
        (SearchDesign(kind="search", mates=[0.0, 0.5], folklore=True), 2, 3),
    ],
)
def test_a_block_has_the_candidates_and_the_controls(
    design: LocateDesign | SearchDesign, candidates: int, controls: int
) -> None:
    assert (design.candidates, design.controls) == (candidates, controls)


@pytest.mark.parametrize(
    ("design", "sampler"),
    [
        (LocateDesign(), None),
        (LocateDesign(search=SearchBeside(sampler="gp")), "gp"),
        (SearchDesign(kind="search"), "tpe"),
        (SearchDesign(kind="search", sampler="sobol"), None),
        (CrossValidationDesign(kind="cross_validation", points=[POINT]), None),
    ],
)
def test_only_an_adaptive_sampler_is_asked(
    design: LocateDesign | SearchDesign | CrossValidationDesign, sampler: str | None
) -> None:
    assert asked_sampler(design) == sampler


def test_a_point_written_by_hand_lies_where_its_digits_say() -> None:
    assert FixedPoint(eta=golden.ETA * (1 + 1e-12), alpha=golden.ALPHA).lies_at(PAPER, golden.ETA, golden.ALPHA)
    assert not FixedPoint(eta=0.0159, alpha=0.874).lies_at(PAPER, golden.ETA, golden.ALPHA)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, ()),
        ({"kind": "nope"}, ()),
        ({"kind": "locate", "map_points": 15}, ("locate", "map_points")),
        ({"kind": "locate", "mates": [0.0] * 9}, ("locate", "mates")),
        ({"kind": "search", "zoom_points": 1}, ("search", "zoom_points")),
        ({"kind": "cross_validation", "points": []}, ("cross_validation", "points")),
    ],
)
def test_the_kind_chooses_the_design_and_its_fields(document: dict[str, Any], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter[Any](Design).validate_python(document)
    assert caught.value.errors()[0]["loc"] == place
