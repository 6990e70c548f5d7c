"""The report's page with and without the answers of analysis 5."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filled_answers import NO, answered

from studies.report.page import plotly_script, render_html
from studies.verdict.exchange import from_json, to_json
from studies.verdict.model import Outcome

RESULTS = Path(__file__).parents[3] / "docs/results"


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


@pytest.mark.parametrize("name", ["landscape-full-rotated-mnist.json", "batch-size-drift.json.gz"])
def test_a_report_is_small_beside_plotly_and_smaller_without(name: str) -> None:
    content = (RESULTS / name).read_bytes()
    read = json.loads(gzip.decompress(content) if name.endswith(".gz") else content)
    full, light = render_html(read), render_html(read, plotly=False)
    assert len(full.encode()) - len(plotly_script().encode()) < 1_500_000
    assert len(light.encode()) < 250_000
    assert "Plotly.js" not in light
    assert light.count("<svg") >= 2, "the answer is a picture still"
    assert json.loads(light.partition('id="figures">')[2].partition("</script>")[0]) == {}
