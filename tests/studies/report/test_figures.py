"""Figures of a report, by name and sweep, as its page draws them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from studies.errors import SpecError
from studies.figures.theme import DARK
from studies.report.figures import COMPARED, OF_STUDY, SHOWN, report_figure
from studies.verdict.exchange import from_json

RESULTS = Path(__file__).parents[3] / "docs/results"


@pytest.fixture(scope="module")
def judged() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((RESULTS / "landscape.json").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(gzip.decompress((RESULTS / "dlr-width.json.gz").read_bytes()))
    return read


@pytest.mark.parametrize("kind", [*SHOWN, *OF_STUDY])
def test_every_figure_of_a_verdict_is_drawn(judged: dict[str, Any], kind: str) -> None:
    figure = report_figure(judged, kind)
    assert figure.data or kind == "trend", "without an axis there is no trend"


def test_paired_differences_have_their_single_pairs(judged: dict[str, Any]) -> None:
    pairs, intervals = report_figure(judged, "paired").data
    found = from_json(judged["verdict"]).sweeps[0].comparisons
    assert len(pairs.x) == sum(each.pairs for each in found) and len(intervals.x) == len(found)
    first = found[0]
    assert sum(pairs.x[: first.pairs]) / first.pairs == pytest.approx(first.difference_points.estimate)


@pytest.mark.parametrize("kind", COMPARED)
def test_every_figure_of_a_comparison_is_drawn(compared: dict[str, Any], kind: str) -> None:
    assert report_figure(compared, kind, compared["sweeps"][-1]["name"]).data


BAND = "difference from the top, 95 %"


def test_slices_have_their_band_and_those_of_an_earlier_release_none(judged: dict[str, Any]) -> None:
    read: dict[str, Any] = json.loads(gzip.decompress((RESULTS / "golden-across-rules.json.gz").read_bytes()))
    found = report_figure(read, "slices")
    assert [trace.name for trace in found.data].count(BAND) == 2
    assert BAND not in {trace.name for trace in report_figure(judged, "slices").data}, "analysis 4"
    first, *others = read["sweeps"]
    stated_less = {key: value for key, value in first.items() if key not in ("space", "rounds")}
    older = {**read, "sweeps": [stated_less, *others]}
    plain = [trace for trace in found.data if trace.name != BAND]
    assert list(report_figure(older, "slices").data) == plain
    assert list(report_figure(_of_analysis(read, 3), "slices").data) == plain, "one that this program does not have"


def _of_analysis(report: dict[str, Any], version: int) -> dict[str, Any]:
    return {**report, "verdict": {**report["verdict"], "analysis_version": version}}


def test_a_sweep_is_chosen_and_so_are_the_colours(judged: dict[str, Any]) -> None:
    first, last = (report_figure(judged, "landscape", judged["sweeps"][i]["name"]) for i in (0, -1))
    assert report_figure(judged, "landscape") == first != last
    dark = report_figure(judged, "landscape", palette=DARK)
    assert dark.layout.font.color != first.layout.font.color


@pytest.mark.parametrize(
    ("kind", "sweep", "text"), [("arms", None, "this report has landscape"), ("paired", "x", "this report has golden@")]
)
def test_what_is_not_there_is_refused_in_a_sentence(
    judged: dict[str, Any], kind: str, sweep: str | None, text: str
) -> None:
    with pytest.raises(SpecError, match=text):
        report_figure(judged, kind, sweep)
