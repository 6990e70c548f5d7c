"""Pieces of SVG pictures."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from studies.figures.svg import element, image, line, position, steps, text


def test_positions_are_linear_or_logarithmic_and_stay_within() -> None:
    at = position(0.0, 10.0, 100.0, 200.0)
    assert [at(v) for v in (-5.0, 0.0, 5.0, 99.0)] == [100.0, 100.0, 150.0, 200.0]
    far = position(1.0, 100.0, 0.0, 10.0, is_log=True)
    assert far(10.0) == pytest.approx(5.0) and far(-1.0) == 0.0
    assert position(3.0, 3.0, 0.0, 10.0)(3.0) == 5.0


def test_steps_are_round_and_inside() -> None:
    assert steps(0.02, 1.9, 6) == [0.5, 1.0, 1.5]
    assert steps(94.1, 95.4, 4) == [94.5, 95.0]
    assert steps(2.0, 2.0) == [2.0]


def test_texts_are_escaped_and_a_file_stands_alone_in_both_themes() -> None:
    inner = Markup("").join([line(0, 1, 2, 3, "grid"), text(1, 2, "<b>&", "name")])
    inside = ElementTree.fromstring(element(10, 20, inner, names="arm-picture", said='a "quoted" <text>'))
    assert inside.get("aria-label") == 'a "quoted" <text>' and inside[1].text == "<b>&"
    alone = image(10, 20, inner, name="arm-picture", sheet="arms.css", said="words")
    assert ElementTree.fromstring(alone).get("viewBox") == "0 0 10 20"
    assert "prefers-color-scheme:dark" in alone and "--rival" in alone and "table.short" not in alone
