"""Dots with intervals: bounds, rows without a mean, and the paper's cells."""

from __future__ import annotations

import pytest
from shown_arms import shown_arms

from studies.figures.arm_dots import dots_figure, dots_info


def test_a_dot_has_its_interval_and_the_papers_cell_lies_beside_it() -> None:
    rows = shown_arms().rows
    figure = dots_figure(dots_info(rows, "epochs_to_target"))
    tuned = rows[1].results[0]
    ours, paper = figure.data[1], figure.data[-1]
    assert tuned.mean is not None and tuned.high is not None
    assert (ours.x[0], ours.error_x.array[0]) == (tuned.mean, pytest.approx(tuned.high - tuned.mean))
    assert (list(paper.x), list(paper.error_x.array), list(paper.y)) == ([1.14, 1.14], [0.22, 0.22], [0.26, 1.26])
    assert figure.layout.shapes[0].x0 == tuned.mean  # the baseline's line
    assert figure.layout.yaxis.ticktext[2] == "DLR &lt;presynaptic&gt;,<br>tuned"


def test_a_bound_is_a_triangle_without_an_upper_end_and_no_mean_is_said() -> None:
    figure = dots_figure(dots_info(shown_arms().rows, "epochs_to_target"))
    assert (figure.data[4].marker.symbol, figure.data[4].error_x.array[0]) == ("triangle-right", 0.0)
    assert "at least" in figure.data[4].hovertext[0]
    assert figure.data[3].x[0] is None
    assert "1 of 8 runs: no mean" in [note.text for note in figure.layout.annotations]


def test_shares_are_in_per_cent_and_unknown_objectives_say_so() -> None:
    assert dots_figure(dots_info(shown_arms().rows, "accuracy")).layout.xaxis.tickformat == ".4~p"
    assert dots_info(shown_arms().rows, "cpu_seconds").empty == "Nothing is known of this objective."
