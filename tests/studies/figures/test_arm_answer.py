"""Which picture leads, and the file of it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from measured_arms import cell
from shown_arms import shown_arms

from studies.comparison.model import ArmComparison
from studies.figures.arm_answer import about_widths, answer_image, answer_picture


def stated(found: ArmComparison) -> ArmComparison:
    """A comparison of whose first smallest width a paper speaks."""
    first = found.widths[0]
    return replace(
        found, widths=(replace(first, result=replace(first.result, paper=cell(36.3, 1.2))), *found.widths[1:])
    )


def test_an_axis_leads_with_lines_one_context_with_dots() -> None:
    along = answer_picture(shown_arms(widths=(45, 100)), "h-45", "sse", "epochs_to_target")
    alone = answer_picture(shown_arms(), "digits", "sse", "epochs_to_target")
    assert along is not None and along.title == "Along the width" and "An arrow marks a lower bound" in along.note
    assert alone is not None and alone.title == "The arms side by side"
    wide, narrow = (ElementTree.fromstring(each) for each in alone.elements)
    assert wide.get("class") == "arm-picture wide" and narrow.get("class") == "arm-picture narrow"
    assert wide.get("aria-label") == narrow.get("aria-label") == alone.said


def test_smallest_widths_lead_where_a_paper_states_them() -> None:
    found = shown_arms(widths=(45, 100))
    assert not about_widths(found) and about_widths(stated(found))
    picture = answer_picture(stated(found), "h-45", "sse", "epochs_to_target")
    assert picture is not None and picture.title == "Smallest width that works"
    other = answer_picture(stated(found), "h-45", "sse", "accuracy")
    assert other is not None and other.title == "Along the width"


def test_the_file_stands_alone_and_says_where_nothing_is_measured() -> None:
    assert ElementTree.fromstring(answer_image(shown_arms(widths=(45, 100)))).get("class") == "arm-picture"
    found = shown_arms()
    none = tuple(
        replace(row, results=tuple(replace(each, n=0, mean=None) for each in row.results)) for row in found.rows
    )
    assert "No run is measured yet." in answer_image(replace(found, rows=none))
