"""Parameters: coordinates and back, bounds that a scale has, names that a table can have, the ridge."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from studies.coordinates import from_vu, to_vu
from studies.language.door import DOOR
from studies.language.parameters import (
    LINEAR_SPAN,
    PAPER,
    RESERVED,
    RESERVED_LATER,
    Axes,
    Parameter,
    axes_of,
    paper_parameters,
)
from studies.language.validation import problems_of
from studies.report.columns import NAMES

DEPTH = Parameter(name="depth", scale="linear", low=2.0, high=14.0)
RATE = Parameter(name="lr", scale="log", low=1e-5, high=0.1)
BETA = Parameter(name="beta1", scale="log_one_minus", low=0.5, high=0.999)


def refused(**change: Any) -> str:
    """The refusal of a parameter at the door, as one text."""
    with pytest.raises(ValidationError) as caught:
        Parameter.model_validate({**RATE.model_dump(), **change}, context=DOOR)
    return "; ".join(f"{field}: {text}" for field, text in problems_of(caught.value.errors()))


@given(st.floats(1e-5, 0.1), st.floats(0.5, 0.999), st.floats(2.0, 14.0))
def test_a_coordinate_leads_back_to_its_value(rate: float, beta: float, depth: float) -> None:
    for parameter, value in ((RATE, rate), (BETA, beta), (DEPTH, depth)):
        at = float(parameter.coordinate(value))
        assert parameter.bounds[0] - 1e-9 <= at <= parameter.bounds[1] + 1e-9
        assert float(parameter.value(at)) == pytest.approx(value, rel=1e-12)


def test_the_scales_are_those_of_the_field() -> None:
    assert RATE.bounds == (math.log(1e-5), math.log(0.1))
    assert BETA.bounds == pytest.approx((math.log(2.0), math.log(1000.0)))
    assert DEPTH.bounds == (0.0, LINEAR_SPAN)
    assert float(DEPTH.coordinate(5.0)) == pytest.approx(1.5)


def test_a_tolerance_is_a_factor_or_a_number_of_units() -> None:
    assert RATE.half_width(2.0) == BETA.half_width(2.0) == math.log(2.0)
    assert DEPTH.half_width(2.0) == pytest.approx(1.0), "two layers of twelve are a sixth of the span"


def test_the_papers_pair_has_the_coordinates_that_it_always_had() -> None:
    eta, alpha = np.exp(np.linspace(-9.0, 2.0, 99)), np.linspace(0.0, 0.999, 99)
    for mine, old in zip(PAPER.coordinates(eta, alpha), to_vu(eta, alpha), strict=True):
        np.testing.assert_array_equal(mine, old)
    for mine, old in zip(PAPER.values(-eta, eta), from_vu(-eta, eta), strict=True):
        np.testing.assert_array_equal(mine, old)
    points = PAPER.points(eta, alpha)
    np.testing.assert_array_equal(PAPER.to_fit(points)[:, 0], points[:, 0] + points[:, 1])
    np.testing.assert_allclose(PAPER.from_fit(PAPER.to_fit(points)), points, atol=1e-12)


def test_without_a_ridge_every_fit_is_in_the_coordinates_themselves() -> None:
    axes = Axes(RATE, DEPTH, ridge=False)
    points = axes.points([1e-3, 1e-2], [4.0, 5.0])
    np.testing.assert_array_equal(axes.to_fit(points), points)
    np.testing.assert_array_equal(axes.from_fit(points), points)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"low": 0.1}, "low: must be below `high`, got 0.1 and 0.1"),
        ({"low": 0.0}, "low: must lie between 1e-30 and 1e+30 on the scale log, got 0.0"),
        ({"low": -1.0}, "low: must lie between"),
        ({"high": 1e40}, "high: must lie between"),
        ({"scale": "log_one_minus", "high": 1.0}, "high: must lie between 0 and 0.999999999 on the scale"),
        ({"scale": "log_one_minus", "low": -0.1}, "low: must lie between"),
        ({"scale": "linear", "high": 1e13}, "high: must lie between"),
        ({"low": 0.0999}, "must differ by a factor of 1.01 or more in lr; widen the range"),
        ({"scale": "linear", "low": 1.0, "high": 1.0 + 1e-9}, "must differ by 1e-06 of their size or more"),
        ({"name": "accuracy"}, "name: is 'accuracy', a column of every table of trials; choose another name"),
        ({"name": "1st"}, "name: must be 1 to 63 letters, digits, dots, hyphens and underscores"),
        ({"name": "a b"}, "name: must be 1 to 63"),
        ({"name": ""}, "name: must be 1 to 63"),
        ({"scale": "cubic"}, "scale: input should be 'log', 'log_one_minus' or 'linear'"),
        ({"high": math.inf}, "high: input should be a finite number"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused_with_field_and_cure(change: dict[str, Any], said: str) -> None:
    assert said in refused(**change)


def test_a_parameter_is_called_as_no_other_column_of_a_table() -> None:
    assert set(NAMES) - {"eta", "alpha"} <= RESERVED | RESERVED_LATER
    for name in RESERVED_LATER:
        assert "a column of every table of trials" in refused(name=name)
        assert Parameter.model_validate({**RATE.model_dump(), "name": name}).name == name, "what is stored is read"


def test_only_the_papers_pair_has_a_ridge_of_its_own() -> None:
    assert axes_of(PAPER.both, None) == axes_of(paper_parameters((0.1, 1.0), (0.0, 0.5)), None) == PAPER
    assert not axes_of(PAPER.both, "none").ridge
    pair = (RATE, BETA)
    assert not axes_of(pair, None).ridge and not axes_of(pair, "none").ridge
    assert axes_of(pair, "effective_rate").ridge


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_no_scale_is_defined_where_it_has_no_coordinate(value: float) -> None:
    assert not RATE.admits(value)
    assert DEPTH.admits(value) is math.isfinite(value)
    assert BETA.admits(value) is (value == 0.0)
