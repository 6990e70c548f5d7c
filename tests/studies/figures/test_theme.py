"""The house style of figures."""

from __future__ import annotations

import pytest

from studies.figures.theme import DARK, EMPTY_WIDTH, LIGHT, axis, empty, frame


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_figure_starts_from_one_frame(palette: object) -> None:
    figure = frame(palette, height=321)  # type: ignore[arg-type]
    assert figure.layout.height == 321
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)", "the page's own background shows"
    assert not figure.data


def test_an_axis_takes_what_is_asked_over_the_style() -> None:
    made = axis(LIGHT, "epoch", showgrid=False, ticks="")
    assert (made["title"]["text"], made["showgrid"], made["ticks"]) == ("epoch", False, "")


def test_an_empty_figure_says_why_in_lines_that_fit_a_telephone() -> None:
    text = "No run has finished yet. Points appear here as workers report them."
    (note,) = empty(DARK, text).layout.annotations
    lines = note.text.split("<br>")
    assert " ".join(lines) == text
    assert max(map(len, lines)) <= EMPTY_WIDTH
