"""Parts of SVG pictures."""

from __future__ import annotations

from xml.etree import ElementTree

from studies.figures.plain_svg import line, text


def test_a_line_has_its_ends_and_dashes_where_they_are_asked_for() -> None:
    plain, dashed = ElementTree.fromstring(line(0, 1, 2.04, 3, "red")), line(0, 1, 2, 3, "red", dash="6 4")
    assert [plain.get(name) for name in ("x1", "y1", "x2", "y2", "stroke")] == ["0.0", "1.0", "2.0", "3.0", "red"]
    assert plain.get("stroke-dasharray") is None
    assert ElementTree.fromstring(dashed).get("stroke-dasharray") == "6 4"


def test_a_text_is_no_markup() -> None:
    element = ElementTree.fromstring(text(1, 2, "a <b> & c", "red", anchor="end"))
    assert (element.text, element.get("text-anchor")) == ("a <b> & c", "end")
