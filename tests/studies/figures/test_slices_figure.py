"""The drawn slices: a band around each profile, broken where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import plotly.graph_objects as go

from studies.figures.slices import SlicesInfo, slices_info
from studies.figures.slices_figure import slices_figure
from studies.figures.theme import DARK, LIGHT
from studies.language.claim import Claim
from studies.verdict.model import SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]
BAND = "difference from the top, 95 %"


def banded(info: SlicesInfo, gap: int) -> SlicesInfo:
    """The slices with a band of half width 0.1 everywhere but at one place."""
    profiles = []
    for profile in info.profiles:
        half = [0.1] * len(profile.at)
        profiles.append(replace(profile, half=(*half[:gap], None, *half[gap + 1 :])))
    return replace(info, profiles=tuple(profiles))


def names(figure: go.Figure) -> list[str]:
    return [trace.name for trace in figure.data]


def test_without_a_band_the_figure_is_as_it_was(make_verdict: MakeVerdict) -> None:
    figure = slices_figure(slices_info(Claim(), make_verdict()))
    assert names(figure) == 2 * ["fitted", "within the 95 % region", "claim"]
    assert slices_figure(slices_info(Claim(), None)).layout.annotations[0].text.startswith("No fitted surface")


def test_the_band_lies_behind_the_profile_and_breaks_where_there_is_none(make_verdict: MakeVerdict) -> None:
    info = banded(slices_info(Claim(), make_verdict()), gap=5)
    figure = slices_figure(info)
    assert names(figure) == 2 * [BAND, "fitted", "within the 95 % region", "claim"]
    (first, second), profile = (trace for trace in figure.data if trace.name == BAND), info.profiles[0]
    assert (first.xaxis, second.xaxis) == ("x", "x2")
    assert (first.showlegend, second.showlegend) == (True, False)
    outline = list(zip(first.x, first.y, strict=True))
    pieces = outline.index((None, None)), len(outline) - 1
    assert pieces == (10, 10 + 1 + 2 * (len(profile.at) - 6)), "there and back over five places, then over the others"
    assert {y for _, y in outline[:10]} == {end for ends in profile.band[:5] for end in ends}
    assert profile.at[5] not in first.x


def test_both_themes_have_a_colour_of_their_own(make_verdict: MakeVerdict) -> None:
    info = banded(slices_info(Claim(), make_verdict()), gap=0)
    fills = {slices_figure(info, palette).data[0].fillcolor for palette in (LIGHT, DARK)}
    assert len(fills) == 2
    assert all(fill.startswith("rgba(") for fill in fills)
