"""Measures: what is a value of one, and what counts as its worst."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from studies.language.measure import Measure
from studies.language.validation import problems_of


def measure(**fields: Any) -> Measure:
    return Measure(**{"name": "val/acc", "direction": "maximize", "kind": "share", "test_size": 50, **fields})


@pytest.mark.parametrize(
    ("fields", "worst"),
    [
        ({}, 0.0),
        ({"direction": "minimize"}, 1.0),
        ({"kind": "positive", "test_size": None}, None),
        ({"kind": "real", "test_size": None}, None),
    ],
)
def test_the_worst_value_is_known_of_shares_alone(fields: dict[str, Any], worst: float | None) -> None:
    assert measure(**fields).worst == worst


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("share", 0.0, None),
        ("share", 1.0, None),
        ("share", 93.0, "divide percentages by 100"),
        ("share", -0.1, "between 0 and 1"),
        ("positive", 1e-300, None),
        ("positive", 0.0, "above 0"),
        ("real", -1e300, None),
    ],
)
def test_values_that_are_none_of_the_measure_are_refused_with_the_cure(
    kind: Any, value: float, text: str | None
) -> None:
    found = measure(kind=kind, test_size=50 if kind == "share" else None).fault_of(value)
    assert (found is None) == (text is None)
    assert text is None or text in str(found)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"test_size": None}, "test_size"),
        ({"kind": "real"}, "test_size"),
        ({"test_size": 1}, "test_size"),
        ({"name": "9lives"}, "name"),
        ({"name": ""}, "name"),
        ({"direction": "up"}, "direction"),
        ({"kind": "count"}, "kind"),
        ({"unit": "%"}, "unit"),
    ],
)
def test_a_measure_that_contradicts_itself_is_refused_by_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        measure(**fields)
    assert [problem.field for problem in problems_of(caught.value.errors())] == [field]
