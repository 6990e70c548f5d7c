"""Measures: what each kind can take, and when it says of how many cases it is a share."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from studies.language.measure import Measure
from studies.language.validation import problems_of


def measure(**fields: Any) -> Measure:
    return Measure.model_validate({"name": "val", "direction": "maximize", **fields})


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"kind": "share"}, "test_size", "is missing; a share needs the number of cases"),
        ({"kind": "real", "test_size": 10}, "test_size", "is for shares only, and val is real; remove it"),
        ({"kind": "share", "test_size": 0}, "test_size", "greater than or equal to 2"),
        ({"kind": "odd"}, "kind", "input should be 'share', 'positive' or 'real'"),
        ({"kind": "real", "direction": "up"}, "direction", "input should be 'maximize' or 'minimize'"),
        ({"kind": "real", "name": "val acc"}, "name", "must be 1 to 63 letters"),
    ],
)
def test_a_measure_that_cannot_be_is_refused(fields: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        measure(**fields)
    [problem] = problems_of(caught.value.errors())
    assert problem.field == field and said in problem.text


@pytest.mark.parametrize(
    ("fields", "good", "bad"),
    [
        ({"kind": "share", "test_size": 100}, (0.0, 0.5, 1.0), (-0.1, 1.1, math.nan)),
        ({"kind": "positive"}, (1e-300, 5.0, 1e300), (0.0, -1.0, 1e301, math.inf, math.nan)),
        ({"kind": "real"}, (-5.0, 0.0, 1e30), (1e31, -1e300, math.inf, math.nan)),
    ],
)
def test_each_kind_takes_its_own_values(
    fields: dict[str, Any], good: tuple[float, ...], bad: tuple[float, ...]
) -> None:
    found = measure(**fields)
    assert [found.fault_of(value) for value in good] == [None] * len(good)
    assert all(found.fault_of(value) for value in bad)


def test_a_run_that_broke_has_no_case_right_whichever_way_a_share_points() -> None:
    assert measure(kind="share", test_size=9).worst == 0.0
    assert measure(kind="share", test_size=9, direction="minimize").worst == 1.0
