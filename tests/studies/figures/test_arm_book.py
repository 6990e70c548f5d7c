"""The figures of a comparison, drawn from results that have every kind of cell."""

from __future__ import annotations

import pytest
from shown_arms import shown_arms

from studies.figures.arm_book import ARM_FIGURES, ArmFigureData, draw_arms
from studies.figures.arm_curves import RowCurves
from studies.figures.theme import DARK, LIGHT

CURVES = (
    RowCurves("sgd", "SGD", "published", ((0.1, 0.5, 0.8), (0.2, 0.6, 0.9))),
    RowCurves("sgd", "SGD", "tuned", ((0.1, 0.7),)),
    RowCurves("adam", "Adam", "plain", ()),
)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("objective", ["epochs_to_target", "accuracy", "cpu_seconds"])
@pytest.mark.parametrize("name", ARM_FIGURES)
def test_every_figure_is_drawn_or_says_why_not(name: str, objective: str, palette: object) -> None:
    data = ArmFigureData(shown_arms(widths=(45, 100)), "h-45", "sse", objective, CURVES)
    figure = draw_arms(name, data, palette)  # type: ignore[arg-type]
    assert len(figure.data) or figure.layout.annotations
    assert "<presynaptic>" not in figure.to_json()


def test_a_study_without_runs_says_so() -> None:
    data = ArmFigureData(shown_arms(), "digits", "golden", "epochs_to_target")
    for name in ARM_FIGURES:
        figure = draw_arms(name, data)
        assert not figure.data and figure.layout.annotations


def test_the_data_are_those_of_the_context_and_of_its_axis() -> None:
    data = ArmFigureData(shown_arms(widths=(45, 100)), "h-100", "sse", "accuracy")
    assert {row.context for row in data.here} == {"h-100"}
    assert {row.context for row in data.along} == {"h-45", "h-100"}
    assert len(data.widths) == 6
