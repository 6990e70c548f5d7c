"""The verdict by every objective: over HTTP, and in the terminal."""

from __future__ import annotations

from typing import get_args

import pytest
from fastapi.testclient import TestClient

from service.cli import main
from service.client import Client
from service.commands import verdict
from service.verdicts.objectives import cache_argument, in_order
from studies.language.claim import Objective

OBJECTIVES = get_args(Objective)
ADDRESS = "/api/v1/studies/measured/verdict/objectives"


def test_the_claims_own_comes_first_and_is_judged_but_once() -> None:
    assert in_order("loss_area")[0] == "loss_area"
    assert sorted(in_order("loss_area")) == sorted(OBJECTIVES)
    assert cache_argument("loss_area", "loss_area") is None
    assert cache_argument("error", "loss_area") == "error"


def test_every_objective_says_what_its_own_verdict_says(api: TestClient, measured: str) -> None:
    answer = api.get(ADDRESS).json()
    assert [by["objective"] for by in answer["objectives"]] == list(in_order("accuracy"))
    assert [by["claimed"] for by in answer["objectives"]] == [True] + [False] * 5
    for by in answer["objectives"]:
        alone = api.get("/api/v1/studies/measured/verdict", params={"objective": by["objective"]}).json()
        assert (by["outcome"], by["sentence"]) == (alone["outcome"], alone["sentence"])
        for sweep, own in zip(by["sweeps"], alone["sweeps"], strict=True):
            for key in ("sweep", "outcome", "reasons", "eta", "alpha", "effective_rate"):
                assert sweep[key] == own[key]


def test_another_measure_than_the_claims_is_called_exploratory(
    api: TestClient, measured: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "/api/v1/studies/measured/verdict"
    for plain in (address, f"{address}?objective=accuracy"):
        answer = api.get(plain).json()
        assert (answer["claimed"], answer["caution"]) == (True, "")
    other = api.get(f"{address}?objective=cross_entropy").json()
    assert other["claimed"] is False
    assert other["caution"].startswith("Exploratory: only accuracy was fixed in advance. By cross entropy")
    for page, words in (("", 0), ("?objective=accuracy", 0), ("?objective=cross_entropy", 1)):
        text = api.get(f"/studies/measured{page}", headers={"Accept": "text/html"}).text
        assert text.count("Exploratory: only accuracy") == words
    monkeypatch.setattr(verdict, "connect", lambda: Client("http://127.0.0.1:8000", transport=api._transport))
    assert main(["verdict", "measured", "--objective", "cross_entropy"]) == 0
    assert "Exploratory: only accuracy" in capsys.readouterr().out


def test_unchanged_objectives_are_not_sent_again(api: TestClient, measured: str) -> None:
    first = api.get(ADDRESS)
    again = api.get(ADDRESS, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert api.get("/api/v1/studies/none/verdict/objectives").status_code == 404
    assert api.get(ADDRESS, params={"objective": "error"}).status_code == 422
