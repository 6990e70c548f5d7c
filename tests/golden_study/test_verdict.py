"""A verdict in a script and in a notebook."""

from __future__ import annotations

import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from own_plans import DESIGN, flat, own_study, work_off

from golden_study import Verdict
from studies.errors import GoldenError
from studies.external.measured import runs_of
from studies.external.own_report import own_rows

SPEC = own_study(design={**DESIGN, "confirm_blocks": 4, "confirmation": "fixed"})
FOUND, RESULTS = work_off(SPEC, flat, looks=1)


class Balanced(HTMLParser):
    """Counts tags, so that what is left open is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def verdict(**changes: object) -> Verdict:
    assert FOUND.verdict is not None
    rows = own_rows(SPEC, runs_of(SPEC, FOUND.plans, RESULTS), FOUND)
    return Verdict(replace(FOUND.verdict, **changes), rows=rows, progress="Decided.", notes=["a <note>"])  # type: ignore[arg-type]


def test_the_picture_is_self_contained_light_and_dark() -> None:
    page = verdict()._repr_html_()
    parser = Balanced()
    parser.feed(page)
    assert parser.open == [] and {"div", "style", "table"} <= parser.seen
    assert "prefers-color-scheme:dark" in page and 'data-jp-theme-light="false"' in page
    assert not {"script", "link", "img"} & parser.seen and "url(" not in page and "http" not in page
    assert "Is the optimum there?" in page and "lr" in page


def test_texts_are_escaped() -> None:
    page = verdict(sentence="<script>alert(1)</script>", study="<b>")._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page and "&lt;b&gt;" in page and "a &lt;note&gt;" in page


def test_numbers_come_as_values() -> None:
    found = verdict()
    assert found.to_dict()["outcome"] == found.outcome == "inconclusive"
    assert set(found.place) == {"lr", "beta1"}
    assert len(found.rows) == len(RESULTS) and found.rows[0]["diverged"] is False


def test_printed_it_is_the_outcome_and_three_answers() -> None:
    first, *lines = str(verdict()).splitlines()
    assert first == f"{SPEC.name}: inconclusive"
    assert [line.partition("? ")[0] for line in lines] == [
        "Is the claimed point as good as the best",
        "Is the optimum there",
        "Does the place matter",
    ]
    assert all(line.partition("? ")[2].partition(",")[0] in ("yes", "no", "undecided") for line in lines)
    assert str(Verdict(replace(FOUND.verdict, sweeps=()))).startswith(f"{SPEC.name}: inconclusive\n")  # type: ignore[type-var]


def test_complete_measurements_are_never_called_incomplete() -> None:
    found, results = work_off(SPEC, flat, looks=1, noise=0.0)
    assert found.verdict is not None and len(results) == sum(len(plan.replicates) for plan in found.plans)
    assert "not complete" not in found.verdict.sentence
    assert "Every run gave the same result" in found.verdict.sentence


def test_pandas_is_asked_for_only_where_a_frame_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    assert list(verdict().to_dataframe()["val_acc"])[:1] == [RESULTS[0, 0].value]
    monkeypatch.setitem(sys.modules, "pandas", None)  # as where it is not installed
    with pytest.raises(GoldenError, match="pip install pandas"):
        verdict().to_dataframe()


def test_a_study_without_sweeps_has_nothing_to_show() -> None:
    empty = verdict(sweeps=())
    assert (empty.statements, empty.place) == ((), {})
    assert "inconclusive" in empty._repr_html_()
