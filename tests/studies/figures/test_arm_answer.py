"""Which picture leads, and the file of it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from shown_arms import shown_arms

from studies.comparison.model import ArmComparison
from studies.figures.arm_answer import answer_image, answer_picture


def about(found: ArmComparison) -> ArmComparison:
    """A comparison about smallest widths."""
    return replace(found, widths_first=True)


def test_an_axis_leads_with_lines_one_context_with_dots() -> None:
    along = answer_picture(shown_arms(widths=(45, 100)), "h-45", "sse", "epochs_to_target")
    alone = answer_picture(shown_arms(), "digits", "sse", "epochs_to_target")
    assert along is not None and along.title == "Along the width" and "An arrow marks a lower bound" in along.note
    assert alone is not None and alone.title == "The arms side by side"
    wide, narrow = (ElementTree.fromstring(each) for each in alone.elements)
    assert wide.get("class") == "arm-picture wide" and narrow.get("class") == "arm-picture narrow"
    assert wide.get("aria-label") == narrow.get("aria-label") == alone.said


def test_smallest_widths_lead_where_the_study_is_about_them() -> None:
    found = shown_arms(widths=(45, 100))
    assert not found.widths_first and about(found).widths_first
    picture = answer_picture(about(found), "h-45", "sse", "epochs_to_target")
    assert picture is not None and picture.title == "Smallest width that works"
    other = answer_picture(about(found), "h-45", "sse", "accuracy")
    assert other is not None and other.title == "Along the width"


def test_the_file_stands_alone_and_says_where_nothing_is_measured() -> None:
    assert ElementTree.fromstring(answer_image(shown_arms(widths=(45, 100)))).get("class") == "arm-picture"
    found = shown_arms()
    none = tuple(
        replace(row, results=tuple(replace(each, n=0, mean=None) for each in row.results)) for row in found.rows
    )
    assert "No run is measured yet." in answer_image(replace(found, rows=none))
