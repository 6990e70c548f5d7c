"""The report's page with and without the answers of analysis 5."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from filled_answers import NO, answered

from studies.figures.theme import LIGHT as PALETTE
from studies.language.spec import restored
from studies.report.figures import figure_data
from studies.report.page import page_style, plotly_script, render_html
from studies.verdict.exchange import from_json, to_json
from studies.verdict.model import Interval, Outcome

RESULTS = Path(__file__).parents[3] / "docs/results"
OLD_AND_NEW = ("landscape.json", "rotated-mnist.json", "landscape-full-rotated-mnist.json")  # of schema 1, 2 and 3
PICTURES = 60_000  # bytes that the pictures of one sweep may take


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((RESULTS / "rotated-mnist.json").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def page(report: dict[str, Any]) -> str:
    verdict = from_json(report["verdict"])
    (sweep,) = verdict.sweeps
    filled = replace(verdict, sweeps=(answered(sweep, Outcome.REFUTED, "regret", NO),), analysis_version=5)
    return render_html({**report, "verdict": to_json(filled)})


def test_statements_stand_before_the_sentence_and_every_table(page: str) -> None:
    body = page[page.index("<body") :]
    first = body.index("Is the claimed point as good as the best?")
    assert body.index('class="word"') < first < body.index('class="sentence"') < body.index("<table")
    assert "loses at least 6.1 points" in body
    assert "◀ this row decided" in body


def test_everything_beside_them_is_there(page: str) -> None:
    for text in (
        "3 of 38 runs at the claimed point failed (3 collapsed)",
        "The same terms also support 1 of 3 decoys.",
        "P(point &gt; claim)",
        "20 of at most 40 paired blocks were used.",
        "tolerance factor 3",
        "edge of the box",
        "the usual cure is a lower η/(1−α)",
    ):
        assert text in page


def test_a_verdict_by_another_analysis_than_the_documents_is_marked(page: str, report: dict[str, Any]) -> None:
    assert "Judged again: the document fixed analysis 4, whose verdict stands." in page
    assert "Judged again" not in render_html(report)


def test_an_earlier_analysis_has_none_of_it(report: dict[str, Any]) -> None:
    body = render_html(report)
    body = body[body.index("<body") : body.index("Method, in plain words")]
    for text in ("as good as the best?", "this row decided", "collapsed", "Decoy", "P(point", "Not trained"):
        assert text not in body


def _read(name: str) -> dict[str, Any]:
    content = (RESULTS / name).read_bytes()
    read: dict[str, Any] = json.loads(gzip.decompress(content) if name.endswith(".gz") else content)
    return read


def _pictures(page: str) -> list[str]:
    """The landscapes and the paired differences that are drawn as SVG."""
    return re.findall(r'<svg class="(?:landscape|paired)-picture.*?</svg>', page, re.DOTALL)


def _figures(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.partition('id="figures">')[2].partition("</script>")[0])
    return found


@pytest.mark.parametrize("name", ["landscape-full-rotated-mnist.json", "batch-size-drift.json.gz"])
def test_a_report_is_small_beside_plotly_and_smaller_without(name: str) -> None:
    read = _read(name)
    full, light = render_html(read), render_html(read, plotly=False)
    assert len(full.encode()) - len(plotly_script().encode()) < 1_500_000
    drawn = sum(len(picture.encode()) for picture in _pictures(light))
    assert drawn < PICTURES * len(read["sweeps"])
    assert len(light.encode()) - drawn < 250_000
    assert "Plotly.js" not in light
    assert light.count('class="answer-panel"') == 2, "the answer is a picture still"
    assert _figures(light) == {}


@pytest.mark.parametrize("name", OLD_AND_NEW)
def test_every_report_shows_its_landscape_beside_the_answer_and_its_single_pairs(name: str) -> None:
    read = _read(name)
    sweeps = len(read["sweeps"])
    full, light = render_html(read), render_html(read, plotly=False)
    for page in (full, light):
        assert page.index('class="answer-panels"') < page.index('<svg class="landscape-picture') < page.index("<table")
        ids = re.findall(r' id="([^"]+)"', page.partition("<main>")[2].partition("</main>")[0])
        assert len(set(ids)) == len(ids)
        assert set(re.findall(r'<use href="#([^"]+)"', page)) <= set(ids)
        assert re.search(r"<td class=\"n\">\d+<small>\d+ above 0</small>", page)
    assert light.count('<svg class="landscape-picture') == light.count('<svg class="paired-picture') == sweeps
    assert full.count('<svg class="landscape-picture') == 1 and "paired-picture" not in "".join(_pictures(full))
    drawn = _figures(full)
    assert all(len(drawn[f"paired-{i}"]["data"]) == 2 for i in range(sweeps)), "intervals, and the pairs below them"
    assert full.count('<a href="#landscape-0">Zoom') == 1 and "Zoom" not in light


def test_pairs_are_those_of_the_analysis_that_judged(report: dict[str, Any]) -> None:
    """Of runs that train alone under analysis 5; under 4, whose verdict stands, a failed run counts as it is."""
    spec, verdict = restored(report["spec"]), from_json(report["verdict"])
    for analysis in (4, 5):
        evidence = figure_data(report, spec, replace(verdict, analysis_version=analysis), 0).evidence
        assert evidence is not None
        assert (evidence.analysis, evidence.objective) == (analysis, verdict.objective)


def test_a_report_without_a_finished_trial_says_so_in_place_of_its_pictures(report: dict[str, Any]) -> None:
    (sweep,) = report["sweeps"]
    bare = {**sweep, "rows": 0, "runs": {name: [] for name in sweep["runs"]}}
    verdict = from_json(report["verdict"])
    none = Interval(None, None, None)
    (judged,) = verdict.sweeps
    empty = replace(judged, comparisons=(), region=None, eta=none, alpha=none)
    made = {**report, "sweeps": [bare], "verdict": to_json(replace(verdict, sweeps=(empty,)))}
    for plotly in (True, False):
        page = render_html(made, plotly=plotly)
        assert _pictures(page) == []
        assert "No run has finished yet." in page
        assert "No paired comparison yet: it needs the confirm phase, on fresh seeds." in page


def test_what_a_screen_reader_alone_reads_is_not_seen() -> None:
    assert 'class="sr"' in (resources.files("studies.figures") / "answers.html.j2").read_text("utf-8")
    assert page_style().count(".sr { position: absolute; width: 1px; height: 1px; overflow: hidden;") == 1


def test_the_shades_are_those_of_the_figures() -> None:
    scale = " ".join(f"--scale-{i}: {colour};" for i, colour in enumerate(PALETTE.scale))
    assert page_style().count(scale) == 1
