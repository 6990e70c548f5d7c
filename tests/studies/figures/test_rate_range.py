"""The picture of a range test: what it shows, as a figure, a page and an SVG file."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from studies.figures.rate_range import NOTHING, rate_range_figure, rate_range_image, rate_range_info, rate_range_page
from studies.figures.theme import DARK
from studies.learning.rate_range import NAME, RateRange, Stage

H = math.log(10.0)
SVG = "{http://www.w3.org/2000/svg}"
TITLE = "quick<start> & co, context digits, golden loss"


def found(*shares: float | None) -> RateRange:
    stages = [Stage(10.0**k, None if share is None else share * H, 1.0) for k, share in enumerate(shares, start=-5)]
    return RateRange(0.1 * H, H, 0.01, 100, tuple(stages))


def test_the_figure_has_the_curve_the_start_and_a_line_for_each_bound() -> None:
    info = rate_range_info(found(0.1, 0.3, 0.9, 0.85, None), TITLE)
    assert (info.lo, info.hi, info.diverged) == (1e-4, 1e-2, 1e-1)
    figure = rate_range_figure(info, DARK)
    curve, start, *lines = figure.data
    assert list(curve.x) == [1e-5, 1e-4, 1e-3, 1e-2]
    assert list(curve.y) == [0.1, 0.3, 0.9, 0.85]
    assert tuple(start.y) == (0.1, 0.1)
    assert [line.name for line in lines] == ["lo 0.0001", "hi 0.01", "diverged 0.1"]
    assert figure.layout.xaxis.type == "log"
    assert NAME in figure.layout.title.text


def test_a_page_needs_nothing_else_and_says_that_it_is_a_reconstruction() -> None:
    page = rate_range_page(rate_range_info(found(0.1, 0.9), TITLE))
    assert f"<title>quick&lt;start&gt; &amp; co, context digits, golden loss: {NAME}</title>" in page
    assert "plotly" in page
    assert 'src="http' not in page


def test_the_image_is_sound_xml_with_title_curve_and_bounds() -> None:
    root = ElementTree.fromstring(rate_range_image(rate_range_info(found(0.1, 0.3, 0.9, 0.85, None), TITLE)))
    assert (root.findtext(f"{SVG}title") or "").startswith(f"{TITLE}. {NAME}: lo = 0.0001; hi = 0.01")
    said = [text.text for text in root.iter(f"{SVG}text")]
    assert {TITLE, "lo", "hi", "diverged"} <= set(said)
    assert any(NAME in (text or "") for text in said)
    assert len(list(root.iter(f"{SVG}circle"))) == 4
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for circle in root.iter(f"{SVG}circle"):
        assert 0.0 <= float(circle.attrib["cx"]) <= width
        assert 0.0 <= float(circle.attrib["cy"]) <= height


def test_a_test_without_a_stage_says_so() -> None:
    info = rate_range_info(found(None), TITLE)
    assert NOTHING in rate_range_image(info)
    assert "No learning rate was" in rate_range_figure(info).layout.annotations[0].text


def test_one_rate_alone_can_be_drawn() -> None:
    assert rate_range_image(rate_range_info(found(0.2), TITLE)).count("<circle") == 1
