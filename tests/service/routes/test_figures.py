"""Figures as Plotly JSON, also of a study without results."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from studies.figures.book import FIGURES

STUDY = "/api/v1/studies/measured"


@pytest.mark.parametrize("kind", FIGURES)
def test_figures_are_plotly_json(api: TestClient, measured: str, kind: str) -> None:
    answer = api.get(f"{STUDY}/figures/{kind}", params={"sweep": "sse@paper", "theme": "dark"})
    assert answer.status_code == 200, answer.text
    assert {"data", "layout"} <= answer.json().keys()


@pytest.mark.parametrize("kind", FIGURES)
def test_figures_of_a_study_without_results(api: TestClient, document: dict[str, Any], kind: str) -> None:
    api.post("/api/v1/studies", json=document)
    answer = api.get(f"/api/v1/studies/small/figures/{kind}")
    assert answer.status_code == 200, answer.text
    assert api.get("/api/v1/studies/small/verdict").json()["outcome"] == "inconclusive"


@pytest.mark.parametrize("kind", FIGURES)
def test_every_figure_has_its_numbers_as_json_and_csv(api: TestClient, measured: str, kind: str) -> None:
    answer = api.get(f"{STUDY}/figures/{kind}/data.json", params={"sweep": "sse@paper"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["study"], found["sweep"], found["figure"]) == ("measured", "sse@paper", kind)
    assert found["said"]
    assert all(len(row) == len(found["columns"]) for row in found["rows"])
    text = api.get(f"{STUDY}/figures/{kind}/data.csv", params={"sweep": "sse@paper"})
    assert text.headers["content-type"].startswith("text/csv")
    assert f'filename="measured-{kind}.csv"' in text.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(text.text)))
    assert (len(lines), lines[0]) == (1 + len(found["rows"]), found["columns"])


def test_a_phase_can_be_chosen(api: TestClient, measured: str) -> None:
    every = api.get(f"{STUDY}/figures/rank/data.json").json()["rows"]
    phases = {row[2] for row in every}
    for phase in phases:
        rows = api.get(f"{STUDY}/figures/rank/data.json", params={"phase": phase}).json()["rows"]
        assert {row[2] for row in rows} == {phase}
    refused = api.get(f"{STUDY}/figures/rank", params={"phase": "dream"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "phase"


def test_a_comparisons_figure_has_no_table_here(api: TestClient, measured: str) -> None:
    refused = api.get(f"{STUDY}/figures/arms/data.csv")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "kind"


def test_curves_can_be_chosen_by_arm_and_by_trial(api: TestClient, undecided: str) -> None:
    base = f"/api/v1/studies/{undecided}/figures"
    chosen = {"arm": ["claim", "best"], "trial": [3, 17]}
    figure = api.get(f"{base}/curves", params=chosen)
    assert figure.status_code == 200, figure.text
    names = [
        trace["name"] for trace in figure.json()["data"] if trace.get("showlegend") is not False and "name" in trace
    ]
    assert names[-4:] == ["claim", "best fitted point", "trial #3", "trial #17"]
    found = api.get(f"{base}/curves/data.json", params=chosen).json()
    assert {row[1] for row in found["rows"] if row[0] is None} == {"claim", "best fitted point"}
    assert found["said"].startswith("claim: the mean of ")
    lines = list(csv.reader(io.StringIO(api.get(f"{base}/curves/data.csv", params=chosen).text)))
    assert (len(lines), lines[0][-2:]) == (1 + len(found["rows"]), ["low", "high"])


@pytest.mark.parametrize(
    ("kind", "chosen", "field"),
    [
        ("curves", {"arm": "nope"}, "arm"),
        ("curves", {"trial": "99999"}, "trial"),
        ("curves", {"trial": "1e3"}, "trial.0"),
        ("curves", {"trial": [str(i) for i in range(21)]}, "trial"),
        ("rank", {"arm": "claim"}, "arm"),
        ("arms", {"trial": "3"}, "trial"),
    ],
)
def test_curves_that_are_not_there_are_refused_by_name(
    api: TestClient, undecided: str, kind: str, chosen: dict[str, Any], field: str
) -> None:
    refused = api.get(f"/api/v1/studies/{undecided}/figures/{kind}", params=chosen)
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["errors"]] == [field]


def test_a_name_that_no_arm_can_have_is_answered_in_words(api: TestClient) -> None:
    answer = api.get("/api/v1/studies/any/figures/curves", params={"arm": "<b>"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "arm.0", "message": "must be the name of an arm, such as claim, best or mate:0.97"}
    ]


def test_several_figures_in_one_answer_are_those_that_it_has_one_by_one(api: TestClient, measured: str) -> None:
    chosen = {"sweep": "sse@paper", "theme": "dark"}
    together = api.get(f"{STUDY}/figures", params={**chosen, "kind": [*FIGURES, "curves"]})
    assert together.status_code == 200, together.text
    assert list(together.json()) == list(FIGURES)
    for kind, figure in together.json().items():
        assert figure == api.get(f"{STUDY}/figures/{kind}", params=chosen).json(), kind
    again = api.get(together.request.url, headers={"If-None-Match": together.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "kind"),
        ({"kind": ["curves", "passwd"]}, "kind.1"),
        ({"kind": ["curves", "arms"]}, "kind"),
        ({"kind": ["rank"] * 18}, "kind"),
        ({"kind": "curves", "theme": ["dark", "light"]}, "theme"),
        ({"kind": "curves", "arm": "claim"}, "arm"),
    ],
)
def test_what_cannot_be_drawn_together_is_refused_by_name(
    api: TestClient, measured: str, query: dict[str, Any], field: str
) -> None:
    refused = api.get(f"{STUDY}/figures", params=query)
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json()["errors"]] == [field]
