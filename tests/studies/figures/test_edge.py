"""Where the region lies in its box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from studies.figures.edge import edge_figure, edge_info, edge_table
from studies.language.claim import Claim
from studies.language.space import EtaRange, SearchSpace
from studies.verdict.model import SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


def test_a_region_within_the_box_ends_on_every_side(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    assert verdict.region is not None
    grid = verdict.region
    p = tuple(tuple(1.0 if 5 < i < 15 and 5 < j < 25 else 0.0 for j in range(31)) for i in range(21))
    info = edge_info(Claim(), SearchSpace(), replace(verdict, region=replace(grid, p=p)))
    assert [profile.open_sides for profile in info.profiles] == [(), ()]
    assert info.said == "The 95 % region ends inside the box on every side. 2.0 % of the optima drawn lie at an edge."
    first, second = edge_table(info).rows
    assert first[0] == "η" and second[0] == "α"
    assert float(first[2] or 0) < float(first[3] or 0)


def test_an_end_of_the_box_that_the_region_reaches_is_named(make_verdict: MakeVerdict) -> None:
    verdict = make_verdict()
    box = SearchSpace(eta=EtaRange(low=0.002, high=0.5))
    assert verdict.region is not None
    p = tuple(tuple(1.0 for _ in row) for row in verdict.region.p)
    info = edge_info(Claim(), box, replace(verdict, region=replace(verdict.region, p=p)))
    assert info.profiles[0].open_sides == ("lower", "upper")
    assert info.profiles[1].open_sides == ("upper",), "α = 0 is a limit of its scale, no choice"
    assert "reaches the lower end of η and the upper end of η and the upper end of α" in info.said


def test_both_profiles_are_drawn_with_the_claim_and_the_box(make_verdict: MakeVerdict) -> None:
    figure = edge_figure(edge_info(Claim(), SearchSpace(), make_verdict()))
    assert [trace.name for trace in figure.data if trace.xaxis == "x"] == [
        "p",
        "within the 95 % region",
        "claim",
        "edge of the box",
        "edge of the box",
    ]


@pytest.mark.parametrize("verdict", [None, "without a region"])
def test_without_a_region_it_says_so(make_verdict: MakeVerdict, verdict: str | None) -> None:
    info = edge_info(Claim(), SearchSpace(), replace(make_verdict(), region=None) if verdict else None)
    assert info.empty.startswith("No region yet")
