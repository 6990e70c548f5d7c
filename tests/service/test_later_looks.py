"""What would decide, and `extend` until it is decided: over HTTP and on the command line."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from planted_worker import Planted

from service.cli import main
from service.client import Client, ExitCode
from service.schemas import ForecastOut
from service.verdicts.forecast import outlook, pace_of
from service.verdicts.forecast_text import forecast_lines
from studies import golden
from studies.cost import ASSUMED_RATE
from studies.judgement import judge
from studies.speed import Speed, to_text
from studies.storage import overview, queue, workers
from studies.storage.engine import Database
from studies.storage.records import WorkerStatus

STUDIES = "/api/v1/studies"
ROUND = 24 + 6 * 7
WORKER = Planted((golden.ETA, golden.ALPHA), noise=0.2)


@pytest.fixture
def undecided(api: TestClient, database: Database, document: dict[str, Any]) -> str:
    """Name of a complete locate study whose verdict is inconclusive for want of data."""
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    answer = api.post(STUDIES, json={**document, "losses": ["golden"], "name": "undecided", "design": design})
    assert answer.status_code == 201
    WORKER.work_off(database)
    return "undecided"


def test_a_study_is_forecast_and_extended_until_it_decides(api: TestClient, database: Database, undecided: str) -> None:
    first = api.get(f"{STUDIES}/{undecided}/verdict").json()
    assert first["outcome"] == "inconclusive"
    assert first["sweeps"][0]["needed"]["sentence"] in first["sentence"]
    told = api.get(f"{STUDIES}/{undecided}/forecast").json()
    assert (told["rate_measured"], told["images_per_second"]) == (False, ASSUMED_RATE)
    (item,) = told["sweeps"]
    assert item["needed"] == first["sweeps"][0]["needed"]
    assert item["grant"] % ROUND == 0
    assert (item["seconds"] is None) == (item["needed"]["runs"] is None)
    more = {"until_decided": True, "max_runs": ROUND + 1}
    answer = api.post(f"{STUDIES}/{undecided}/extend", json=more)
    assert answer.status_code == 200
    assert (answer.json()["summary"]["state"], answer.json()["summary"]["runs_granted"]) == ("running", ROUND + 1)
    again = api.post(f"{STUDIES}/{undecided}/extend", json=more)
    assert again.status_code == 409
    assert WORKER.work_off(database) == ROUND
    assert overview.get(database, undecided).summary.state == "complete"
    assert api.get(f"{STUDIES}/{undecided}/verdict").json()["sweeps"][0]["looks"] == 2
    noted = [(e["action"], e["actor"], e["detail"]) for e in api.get(f"{STUDIES}/{undecided}/audit").json()["items"]]
    assert noted[:2] == [
        ("complete", "system", ""),
        ("extend", "local", f"until decided, at most {ROUND + 1} further runs"),
    ]


def test_a_grant_too_small_for_a_look_is_refused_with_the_number(api: TestClient, undecided: str) -> None:
    answer = api.post(f"{STUDIES}/{undecided}/extend", json={"until_decided": True, "max_runs": ROUND - 1})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "max_runs"
    assert str(ROUND) in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until_decided": True}, "max_runs"),
        ({"max_runs": 500}, "until_decided"),
        ({}, "more"),
        ({"more": 5, "max_runs": 500}, "more"),
        ({"more": 5, "until_decided": True, "max_runs": 500}, "more"),
        ({"until_decided": False, "max_runs": 500}, "until_decided"),
        ({"until_decided": True, "max_runs": 0}, "max_runs"),
        ({"until_decided": True, "max_runs": 10**9}, "max_runs"),
        ({"until_decided": True, "max_runs": "500"}, "max_runs"),
        ({"until_decided": 1, "max_runs": 500}, "until_decided"),
        ({"more": None}, "more"),
    ],
)
def test_odd_extensions_are_refused_by_field(
    api: TestClient, document: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    api.post(STUDIES, json=document)
    answer = api.post(f"{STUDIES}/small/extend", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_what_cannot_be_extended_until_decided_is_refused(
    api: TestClient, document: dict[str, Any], measured: str
) -> None:
    more = {"until_decided": True, "max_runs": 5000}
    answer = api.post(f"{STUDIES}/{measured}/extend", json=more)
    assert answer.status_code == 409
    assert "extend it with `more`" in answer.json()["detail"]
    api.post(STUDIES, json={**document, "name": "young", "design": {"kind": "locate", "map_points": 16}})
    assert api.post(f"{STUDIES}/young/extend", json=more).status_code == 409
    assert api.post(f"{STUDIES}/nobody/extend", json=more).status_code == 404
    assert api.get(f"{STUDIES}/young/forecast").json()["sweeps"] == []
    assert api.get(f"{STUDIES}/nobody/forecast").status_code == 404


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--until-decided"],
        ["--max-runs", "5"],
        ["--more", "2", "--max-runs", "5"],
        ["--more", "2", "--until-decided", "--max-runs", "5"],
        ["--until-decided", "--max-runs", "0"],
    ],
)
def test_the_command_takes_one_form_or_the_other(options: list[str]) -> None:
    assert main(["extend", "any", *options]) == ExitCode.USAGE


def test_each_context_has_its_own_time_and_the_page_shows_it(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    contexts = [{"name": "paper", "dataset": "digits"}, {"name": "plain", "dataset": "digits", "network": "mlp"}]
    body = {**document, "losses": ["golden"], "name": "two", "design": design, "contexts": contexts}
    assert api.post(STUDIES, json=body).status_code == 201
    WORKER.work_off(database)
    assert _told(api, "two") == _shown(api, "two") != []
    assert "as no worker is up" in _told(api, "two")[0]
    speeds = {"fig3 1x8x8": Speed(1e-5, 0.0, 0.0, 0.0), "mlp 1x8x8": Speed(1e-6, 0.0, 0.0, 0.0)}
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="1")
    assert "no worker has measured" in _told(api, "two")[0]
    queue.heartbeat(database, "w", {}, lease_seconds=60, status=WorkerStatus(speeds=to_text(speeds)))
    told = api.get(f"{STUDIES}/two/forecast").json()
    assert (told["workers"], told["rate_measured"]) == (1, True)
    assert _told(api, "two") == _shown(api, "two") != []
    assert all("on the present workers" in line for line in _shown(api, "two"))
    verdict = judge(database, "two")
    known = next(sweep.needed for sweep in verdict.sweeps if sweep.needed is not None and sweep.needed.runs is not None)
    alike = replace(verdict, sweeps=tuple(replace(sweep, needed=known) for sweep in verdict.sweeps))
    found = outlook(overview.get(database, "two").spec, alike, pace_of(workers.list_workers(database)))
    trained = known.runs * 30 * (1617 // 128) * 128  # images: epochs of whole batches of nine tenths of 1,797
    expected = {"golden@paper": pytest.approx(1e-5 * trained), "golden@plain": pytest.approx(1e-6 * trained)}
    assert {item.sweep: item.seconds for item in found.sweeps} == expected
    (item, *_) = (item for item in told["sweeps"] if item["needed"]["runs"] == known.runs)
    assert item["seconds"] == expected[item["sweep"]]


def _told(api: TestClient, name: str) -> list[str]:
    """What the terminal says of a study's forecast."""
    return forecast_lines(ForecastOut.model_validate(api.get(f"{STUDIES}/{name}/forecast").json()))


def _shown(api: TestClient, name: str) -> list[str]:
    """What the study's page says of it."""
    return [unescape(text) for text in re.findall(r'<p class="outlook">(.*?)</p>', api.get(f"/studies/{name}").text)]


def test_the_client_asks_for_both(api: TestClient, undecided: str) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        assert client.forecast(undecided).study == undecided
        assert client.extend_until_decided(undecided, ROUND).summary.runs_granted == ROUND
