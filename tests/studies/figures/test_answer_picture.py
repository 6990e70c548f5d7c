"""The answer as a picture: the claim's band, an interval a row, open ends at the edge of the box, words beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from filled_answers import NO, YES, filled_answers

from studies.figures.answer_picture import LEFT, RIGHT, WIDTH, answer_image, answer_panels, oblique
from studies.figures.drift import DriftInfo, drift_info
from studies.language.claim import Claim
from studies.language.parameters import Parameter, axes_of
from studies.language.space import OwnSpace, SearchSpace
from studies.verdict.model import Interval, Outcome, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def info(make_verdict: MakeVerdict) -> DriftInfo:
    verdicts = [make_verdict(), replace(make_verdict(Outcome.REFUTED), loss="sse", context='a<b>&"c"')]
    return drift_info(verdicts, Claim(), SearchSpace())


def elements(text: str, tag: str, name: str) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(text).iter()
    return [e for e in found if e.tag.removeprefix(SVG) == tag and name in e.get("class", "").split()]


def test_each_parameter_has_a_panel_with_its_rows_and_the_claim(info: DriftInfo) -> None:
    panels = answer_panels(info)
    assert len(panels) == 2
    for panel, claimed in zip(panels, ("claim 0.0159", "claim 0.874"), strict=True):
        assert len(elements(panel, "path", "point")) == len(info.rows) == 2
        assert [e.text for e in elements(panel, "text", "claimed")] == [claimed]
        assert [e.text for e in elements(panel, "text", "name")] == ["golden loss, digits", 'squared error, a<b>&"c"']


def test_positions_follow_the_scales(info: DriftInfo) -> None:
    (band,) = elements(answer_panels(info)[0], "rect", "band")
    (claim,) = elements(answer_panels(info)[0], "line", "claim")
    low, width, point = float(band.get("x", "")), float(band.get("width", "")), float(claim.get("x1", ""))
    assert point == pytest.approx(low + width / 2, abs=0.2), "a factor each way on a logarithmic axis"
    for panel in answer_panels(info):
        places = [float(e.get(side, "")) for e in elements(panel, "line", "interval") for side in ("x1", "x2")]
        assert all(LEFT <= place <= WIDTH - RIGHT for place in places)


def test_an_end_at_the_edge_of_the_box_is_open(info: DriftInfo) -> None:
    assert not elements(answer_panels(info)[1], "path", "open")
    rows = tuple(replace(row, open_sides=("alpha high", "eta low")) for row in info.rows)
    opened = replace(info, rows=rows)
    assert [len(elements(panel, "path", "open")) for panel in answer_panels(opened)] == [2, 2]


def test_the_picture_says_in_words_what_it_shows(info: DriftInfo) -> None:
    for panel, title in zip(answer_panels(info), ("learning rate η", "momentum weight α"), strict=True):
        said = ElementTree.fromstring(panel).get("aria-label", "")
        assert title in said
        assert "golden loss, digits: " in said
        assert "(95 %: " in said


def test_a_file_that_stands_alone_brings_its_rules_and_both_themes(info: DriftInfo) -> None:
    image = answer_image(info)
    assert ElementTree.fromstring(image).get("viewBox", "").startswith("0 0 ")
    assert "prefers-color-scheme:dark" in image
    used = set(re.findall(r"var\((--[a-z]+)", image))
    assert used <= set(re.findall(r"(--[a-z]+):", image))


def test_nothing_located_draws_nothing() -> None:
    none = drift_info([], Claim(), SearchSpace())
    assert answer_panels(none) == ()
    assert "No optimum has been located yet." in answer_image(none)


def test_parameters_of_ones_own_are_drawn_by_their_names_and_scales(make_verdict: MakeVerdict) -> None:
    own = (
        Parameter(name="depth", scale="linear", low=2.0, high=12.0),
        Parameter(name="lr", scale="log", low=1e-5, high=0.1),
    )
    axes = axes_of(own, None)
    claim = Claim.model_validate({"at": {"depth": 4.0, "lr": 3e-4}, "tolerance": {"depth": 1.0}}).bound(axes, None)
    verdict = replace(make_verdict(), eta=Interval(6.0, 3.0, 9.0), alpha=Interval(1e-3, 1e-4, 1e-2))
    panels = answer_panels(drift_info([verdict], claim, OwnSpace.of(axes)))
    assert [[e.text for e in elements(panel, "text", "claimed")] for panel in panels] == [
        ["claim 4.00"],
        ["claim 0.000300"],
    ]
    assert "depth" in panels[0]
    assert "η" not in "".join(panels)


def test_ranges_that_cover_the_claim_one_by_one_are_no_contradiction(make_verdict: MakeVerdict) -> None:
    """The claim is beside a ridge: both intervals run across it, and the region of pairs leaves it out."""
    ridge = replace(make_verdict(), eta=Interval(0.03, 0.001, 0.2), answers=filled_answers(NO))
    info = drift_info([ridge], Claim(), SearchSpace())
    (said,) = oblique(info)
    assert "Each range alone covers the claim, the two together do not" in said
    assert all(said in ElementTree.fromstring(panel).get("aria-label", "") for panel in answer_panels(info))
    beside = replace(ridge, eta=Interval(0.1, 0.05, 0.2))
    agreed = replace(ridge, answers=filled_answers(YES))
    assert oblique(drift_info([beside, agreed], Claim(), SearchSpace())) == ()


def test_no_text_of_an_axis_is_cut(make_verdict: MakeVerdict) -> None:
    own = (
        Parameter(name="lr", scale="log", low=1e-5, high=0.1),
        Parameter(name="decay", scale="log", low=1e-4, high=1.0),
    )
    axes = axes_of(own, None)
    claim = Claim.model_validate({"at": {"lr": 1e-3, "decay": 1e-2}}).bound(axes, None)
    verdict = replace(make_verdict(), eta=Interval(1e-3, 1e-4, 1e-2), alpha=Interval(1e-3, 1e-4, 1e-2))
    for panel in answer_panels(drift_info([verdict], claim, OwnSpace.of(axes))):
        ticks = elements(panel, "text", "tick")
        assert len(ticks) > 3
        for tick in ticks:
            x, width, names = float(tick.get("x", "")), 7 * len(tick.text or ""), tick.get("class", "").split()
            left = x - (width if "end" in names else width / 2 if "middle" in names else 0)
            assert left >= 0 and left + width <= WIDTH
