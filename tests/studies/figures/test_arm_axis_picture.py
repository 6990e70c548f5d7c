"""Arms along an axis as SVG."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

from markupsafe import Markup
from shown_arms import shown_arms

from studies.figures.arm_axis import AxisInfo, axis_info
from studies.figures.arm_axis_picture import axis_drawn, axis_said


def info(widths: tuple[int, ...] = (45, 100, 300)) -> AxisInfo:
    return axis_info(shown_arms(widths=widths).rows, "epochs_to_target")


def drawn(found: AxisInfo, *, narrow: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(Markup("<g>{}</g>").format(axis_drawn(found, narrow=narrow)[2]))


def classed(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if name in each.get("class", "").split()]


def test_a_line_with_its_band_for_each_row_that_has_a_mean() -> None:
    root = drawn(info())
    assert len(classed(root, "series")) == len(classed(root, "spread")) == 5
    assert len(classed(root, "dashed")) == 1, "the row as published"


def test_rows_without_a_mean_stand_in_a_strip_with_how_many_arrived() -> None:
    root = drawn(info())
    assert len(classed(root, "strip")) == 1
    assert [each.text for each in classed(root, "value")].count("1 of 8") == 3
    assert "ADAM, as published" in [each.text for each in classed(root, "value")]
    one = replace(info(), lines=tuple(replace(line, lost=line.lost[:1]) for line in info().lines))
    said = [each.text for each in classed(drawn(one, narrow=True), "value")]
    assert "ADAM, as published: 1 of 8 arrived" in said


def test_a_lower_bound_has_an_arrow_and_the_papers_cells_are_hollow_diamonds() -> None:
    root = drawn(info())
    arrows = [each for each in classed(root, "bar") if each.tag == "path"]
    assert len(arrows) == 1
    assert len([each for each in classed(root, "paper") if each.tag == "path"]) == 3 + 1, "three cells and the key"


def test_every_row_is_named_once_wide_and_narrow() -> None:
    names = {line.mark.name for line in info().lines}
    assert {each.text for each in classed(drawn(info(), narrow=True), "value")} >= names
    ends = [each for each in classed(drawn(info()), "value") if each.text in names]
    heights = sorted(float(each.get("y", "")) for each in ends)
    assert len(heights) == 6 and min(b - a for a, b in pairwise(heights)) >= 15.9


def test_everything_lies_within_the_picture() -> None:
    for narrow in (False, True):
        width, height, _ = axis_drawn(info(), narrow=narrow)
        root = drawn(info(), narrow=narrow)
        for each in classed(root, "tick") + classed(root, "value"):
            assert 0.0 <= float(each.get("x", "")) <= width and 0.0 <= float(each.get("y", "")) <= height


def test_the_same_in_words() -> None:
    said = axis_said(info())
    assert said.startswith("Epochs to target accuracy against width.")
    assert "ADAM, as published: no mean at 45, no mean at 100, no mean at 300." in said
    assert "at least 9." in said
