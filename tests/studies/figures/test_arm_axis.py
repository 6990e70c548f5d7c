"""Rows along an axis of contexts."""

from __future__ import annotations

from dataclasses import replace

from shown_arms import shown_arms

from studies.figures.arm_axis import axis_figure, axis_info


def test_each_row_is_a_line_through_its_means() -> None:
    info = axis_info(shown_arms(widths=(45, 100, 300)).rows, "epochs_to_target")
    assert (info.field, info.values) == ("width", (45.0, 100.0, 300.0))
    assert [len(line.at) for line in info.lines] == [3, 3, 3, 0, 3, 3]
    figure = axis_figure(info)
    assert len(figure.data) == 6  # one row has no mean anywhere; the last are the paper's cells
    assert list(figure.data[-1].x) == [45.0, 100.0, 300.0] and set(figure.data[-1].y) == {1.14}
    assert [len(line.lost) for line in info.lines] == [0, 0, 0, 3, 0, 0]
    assert figure.layout.xaxis.type == "log"
    assert (figure.data[0].line.dash, figure.data[1].line.dash) == ("dash", "solid")
    assert "8 reached the target" in figure.data[0].hovertext[0]


def test_a_lower_bound_is_an_arrow_upwards() -> None:
    info = axis_info(shown_arms(widths=(45, 100, 300)).rows, "epochs_to_target")
    late = next(line for line in info.lines if line.mark.name == "NESTEROV, tuned")
    drawn = axis_figure(replace(info, lines=(replace(late, mark=replace(late.mark, order=0)),)))
    assert list(drawn.data[0].marker.symbol) == ["triangle-up", "circle", "circle"]


def test_contexts_on_no_axis_are_not_drawn() -> None:
    assert axis_info(shown_arms().rows, "accuracy").empty == "The contexts form no axis."
    near = axis_figure(axis_info(shown_arms(widths=(45, 100)).rows, "accuracy"))
    assert near.layout.xaxis.type == "linear"
