"""Arms side by side as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from markupsafe import Markup
from shown_arms import shown_arms

from studies.figures.arm_dots import DotsInfo, dots_info
from studies.figures.arm_dots_picture import dots_drawn, dots_said, widths_as_dots


def info(objective: str = "epochs_to_target") -> DotsInfo:
    return dots_info(shown_arms().rows, objective)


def drawn(found: DotsInfo, **more: object) -> ElementTree.Element:
    return ElementTree.fromstring(Markup("<g>{}</g>").format(dots_drawn(found, **more)[2]))  # type: ignore[arg-type]


def classed(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if name in each.get("class", "").split()]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_row_an_arm_hollow_as_published_with_the_papers_cell(narrow: bool) -> None:
    root = drawn(info(), narrow=narrow)
    assert [each.text for each in classed(root, "name")] == ["SGD", "DLR <presynaptic>", "ADAM", "NESTEROV", "YAMADAM"]
    assert len(classed(root, "sign")) == 5, "one row has no mean"
    assert len(classed(root, "hollow")) == 1
    assert len([each for each in classed(root, "paper") if each.tag == "path"]) == 1
    assert "1 of 8 arrived: no mean" in [each.text for each in classed(root, "tick")]
    assert [each.tag for each in classed(root, "base")] == ["line"]


def test_a_lower_bound_ends_in_an_arrow_and_says_so() -> None:
    root = drawn(info())
    assert len([each for each in classed(root, "bar") if each.tag == "path"]) == 1
    assert any((each.text or "").startswith("≥ 9.") for each in classed(root, "value"))


def test_shares_have_per_cent_on_their_scale() -> None:
    ticks = [each.text or "" for each in classed(drawn(info("accuracy")), "middle")]
    assert ticks and all(tick.endswith(" %") for tick in ticks)


def test_the_same_in_words_without_markup() -> None:
    said = dots_said(info())
    assert said.startswith("Epochs to target accuracy of each arm. SGD, as published: 2.43 epochs, 8 runs;")
    assert "ADAM, as published: no mean, 1 of 8 runs arrived" in said
    assert "DLR <presynaptic>, tuned: 1.27" in said and "&lt;" not in said


def test_smallest_widths_show_single_runs_faint() -> None:
    found, runs = widths_as_dots(shown_arms(widths=(45, 100)).widths)
    root = drawn(found, runs=runs)
    assert len(classed(root, "runs")) == sum(map(len, runs.values())) > 0
    assert len(classed(root, "name")) == 5
    assert widths_as_dots(())[0].empty
