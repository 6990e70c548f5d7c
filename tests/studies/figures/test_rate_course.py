"""The picture of mean rates over time, as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from studies.figures.rate_course import rate_course_image
from studies.figures.theme import DARK
from studies.learning.course import Course
from studies.learning.mean_course import mean_course

SVG = "{http://www.w3.org/2000/svg}"
TIMES = np.linspace(0.0, 1.0, 21).tolist()


def test_each_layer_has_its_dots_and_its_line() -> None:
    layers = [
        mean_course(layer, [(TIMES, Course(0.3, b, -0.2, 0.1).at(TIMES).tolist())])
        for layer, b in (("first", -2.0), ("last", -1.0))
    ]
    image = ElementTree.fromstring(rate_course_image("a <study> & arm", layers, DARK))
    assert image.findtext(f"{SVG}title") == "a <study> & arm"
    assert len(image.findall(f"{SVG}circle")) == 2 * len(TIMES)
    lines = image.findall(f"{SVG}polyline")
    assert {line.get("stroke") for line in lines} == {DARK.best, DARK.rival}
    for line in lines:
        heights = [float(place.split(",")[1]) for place in (line.get("points") or "").split()]
        assert heights == sorted(heights), "the rate falls, so the line goes down"


def test_a_layer_without_a_fit_has_its_dots_alone() -> None:
    image = ElementTree.fromstring(rate_course_image("short", [mean_course("last", [(TIMES[:3], [0.3, 0.2, 0.1])])]))
    assert len(image.findall(f"{SVG}circle")) == 3
    assert not image.findall(f"{SVG}polyline")
    assert any("without a fit" in (text.text or "") for text in image.findall(f"{SVG}text"))
