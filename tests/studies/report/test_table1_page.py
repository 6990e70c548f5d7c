"""A cross-validation as it is shown: its word, its sentence, why the paper's numbers are missing, its rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studies import golden
from studies.language import catalogue
from studies.language.spec import parse
from studies.report.page import render_html
from studies.report.stated import stated_detail
from studies.report.table1 import TableRow
from studies.report.table1_page import PointsTable, points_table, reported_points

RESULTS = Path(__file__).parents[3] / "docs/results"
SPEC = catalogue.load("table-1")


def row(loss: str, alpha: float, mean: float, paper: float | None = None, **changes: Any) -> TableRow:
    made = TableRow("paper", loss, golden.ETA, alpha, 100, 0, mean, 0.5, 0.2, 0.1, paper, paper and 1.0)
    return replace(made, mean_low=mean - 0.1, mean_high=mean + 0.1, **changes)


ROWS = (row("sse", 0.0, 87.21, 77.4), row("sse", golden.ALPHA, 97.9, 98.9), row("golden", golden.ALPHA, 98.5, 99.4))


def with_departures(*said: str, rows: tuple[TableRow, ...] = ROWS) -> tuple[TableRow, ...]:
    return tuple(replace(each, paper_mean=None, paper_sd=None, departures=said) for each in rows)


def test_the_papers_rows_are_table_1_with_highest_lowest_and_order() -> None:
    table = points_table(SPEC, ROWS)
    assert (table.word, table.has_paper, table.is_papers, table.departing) == ("Table 1", True, True, ())
    assert table.sentence == (
        "Mean accuracy goes from 87.21 % (squared error, η 0.0159, α 0) "
        "to 98.50 % (the golden loss, η 0.0159, α 0.874). "
        "The means stand in the order of the paper’s."
    )
    turned = points_table(SPEC, (ROWS[0], replace(ROWS[1], mean=99.0), ROWS[2]))
    assert turned.sentence.endswith("The means do not stand in the order of the paper’s.")


def test_a_set_up_that_is_not_the_papers_says_what_differs_in_place_of_its_numbers() -> None:
    table = points_table(SPEC, with_departures("epochs 3 instead of 30", "images of digits"))
    assert (table.word, table.has_paper) == ("Table 1", False)
    assert table.departing == (
        "The paper’s numbers are not shown, since the set-up is not its own: epochs 3 instead of 30; images of digits.",
    )
    assert "order of the paper" not in table.sentence


def test_contexts_are_told_apart_where_there_are_several() -> None:
    other = tuple(replace(each, context="mine") for each in with_departures("images of digits"))
    contexts = [{"name": "paper"}, {"name": "mine", "dataset": "digits"}]
    spec = parse({**SPEC.model_dump(mode="json"), "contexts": contexts})
    table = points_table(spec, (*ROWS, *other))
    assert table.several
    assert table.departing[0].startswith("The paper’s numbers are not shown, since the set-up in context mine is")
    assert ", mine" in table.picture and ", paper" in table.picture


def test_other_points_are_no_table_1() -> None:
    assert points_table(SPEC, [row("cross_entropy", 0.5, 90.0)]).word == "1 point cross-validated"
    two = points_table(SPEC, [row("cross_entropy", 0.5, 90.0), row("cross_entropy", 0.6, 91.0)])
    assert (two.word, two.is_papers) == ("2 points cross-validated", False)
    assert points_table(SPEC, [row("cross_entropy", 0.5, 90.0)]).sentence == (
        "Mean accuracy 90.00 % (cross-entropy, η 0.0159, α 0.500)."
    )


def test_before_a_run_is_done_there_is_a_word_and_no_picture() -> None:
    table = points_table(SPEC, ())
    assert (table.word, table.sentence, table.picture) == ("Points to cross-validate", "", "")
    assert "No run is done yet." in table.image


def test_the_picture_holds_ours_the_papers_and_the_words() -> None:
    table = points_table(SPEC, ROWS)
    assert table.picture.count('class="sign t1"') == 3
    assert table.picture.count('class="paper"') == 3
    assert (
        "golden loss, η 0.0159, α 0.874: 98.50 ± 0.50 per cent, 95 % from 98.40 to 98.60; the paper has 99.4 ± 1"
        in (table.picture)
    )
    assert table.image.startswith("<svg xmlns=")
    assert "prefers-color-scheme:dark" in table.image


@pytest.mark.parametrize("data", ["rotated-mnist", "synthetic-digits"])
def test_a_published_table_1_leads_its_report_and_is_light(data: str) -> None:
    report = json.loads((RESULTS / f"table-1-full-{data}.json").read_text("utf-8"))
    table = _points(report)
    assert [(each.runs, each.paper_mean) for each in table.rows] == [(100, 99.4), (100, 77.4), (100, 98.9)]
    page = render_html(report)
    assert len(page) < 100_000, "no plotly: nothing is left to draw with it"
    assert page.index('<p class="word">Table 1</p>') < page.index("77.4 ± 10") < page.index("<h2>Limits</h2>")
    for absent in ("Inconclusive", 'class="landscape', "Fresh seeds, compared in pairs", "light form"):
        assert absent not in page


def test_a_study_that_locates_has_no_table() -> None:
    report = json.loads((RESULTS / "landscape-full-rotated-mnist.json").read_text("utf-8"))
    assert reported_points(stated_detail(report), report) is None


def _points(report: dict[str, Any]) -> PointsTable:
    found = reported_points(stated_detail(report), report)
    assert found is not None
    return found
