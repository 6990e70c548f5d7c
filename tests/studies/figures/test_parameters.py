"""How the two parameters are shown: symbols, numbers, ticks on every scale."""

from __future__ import annotations

import math

import pytest

from studies.figures.parameters import MOST_TICKS, Shown, point_text, shown
from studies.figures.scales import alpha_ticks, eta_ticks
from studies.language.parameters import PAPER, Axes, Parameter
from studies.verdict.model import Interval

DEPTH = Parameter(name="depth", scale="linear", low=1.0, high=13.0)
DECAY = Parameter(name="weight_decay", scale="log", low=1e-9, high=1e-2)
BETA = Parameter(name="beta2", scale="log_one_minus", low=0.9, high=0.99999)


def test_the_papers_pair_looks_as_ever() -> None:
    first, second = shown(PAPER)
    assert first.vertical_ticks(1e-4, 1.0) == eta_ticks(1e-4, 1.0)
    assert second.ticks(0.0, 0.99) == alpha_ticks(0.0, 0.99)
    assert second.ticks(0.0, 0.9999, few=True) == alpha_ticks(0.0, 0.9999, few=True)
    assert (first.on, second.on) == ("learning rate η, logarithmic", "momentum weight α, on −ln(1−α)")
    assert point_text(PAPER, 0.0159, 0.874) == "η 0.0159, α 0.874"
    assert first.drawn(0.1) == 0.1


def test_other_parameters_are_called_by_their_names() -> None:
    axes = Axes(DECAY, DEPTH, ridge=False)
    assert point_text(axes, 1e-6, 4.0) == "weight_decay 1.00e−06, depth 4.00"
    first, second = shown(axes)
    assert (first.on, second.on) == ("weight_decay, logarithmic", "depth")
    assert shown(Axes(DEPTH, BETA, ridge=False))[1].on == "beta2, on −ln(1−beta2)"
    assert second.span(Interval(4.0, 2.5, 6.0)) == "2.50 to 6.00"
    assert second.span(Interval(4.0, None, None)) == "–"


@pytest.mark.parametrize("parameter", [DEPTH, DECAY, BETA])
@pytest.mark.parametrize("few", [True, False])
def test_ticks_are_few_in_order_and_inside(parameter: Parameter, few: bool) -> None:
    found = Shown(parameter, parameter.name).ticks(parameter.low, parameter.high, few=few)
    low, high = parameter.bounds
    assert 2 <= len(found.at) <= MOST_TICKS + 4 and list(found.at) == sorted(set(found.at))
    assert low - 1e-9 <= found.at[0] and found.at[-1] <= high + 1e-9
    for at, text in zip(found.at, found.text, strict=True):
        assert math.isclose(float(parameter.value(at)), float(text), rel_tol=1e-6, abs_tol=1e-9)


def test_a_linear_parameter_stands_on_a_linear_axis() -> None:
    first = Shown(DEPTH, "depth")
    assert not first.is_logarithmic and first.drawn(7.0) == pytest.approx(3.0)
    assert first.vertical_ticks(1.0, 13.0).text[0] == "2"
