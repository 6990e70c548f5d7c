"""Axes of a parsed document, and how numbers are written in the names of their contexts."""

from __future__ import annotations

import pytest

from studies.language.axis import NumericAxis, numeric_axes, value_slug
from studies.language.spec import parse


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        (16, "16"),
        (16.0, "16"),
        (0.5, "0p5"),
        (12.25, "12p25"),
        (0.01, "0p01"),
        (1e-4, "1e-4"),
        (1.5e-7, "1p5e-7"),
        (5e-324, "5e-324"),
        (1e6, "1e6"),
        (1_000_000, "1000000"),
        (1.5e22, "1p5e22"),
    ],
)
def test_a_value_as_part_of_a_name(value: float, slug: str) -> None:
    assert value_slug(value) == slug


def test_the_axes_of_a_document_have_their_contexts_and_values() -> None:
    spec = parse(
        {
            "name": "x",
            "contexts": [
                {"name": "small", "axis": {"batch_size": [16, 64]}},
                {"name": "alone"},
                {"name": "decay", "axis": {"weight_decay": [1, 1e-4]}},
            ],
        }
    )
    assert numeric_axes(spec.contexts) == (
        NumericAxis("small", "batch_size", ("small-16", "small-64"), (16.0, 64.0)),
        NumericAxis("decay", "weight_decay", ("decay-1", "decay-1e-4"), (1.0, 1e-4)),
    )
    assert numeric_axes(parse({"name": "x"}).contexts) == ()
