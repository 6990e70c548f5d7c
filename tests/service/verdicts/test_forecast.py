"""A forecast says what would decide, and how long that takes; the page says the same."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from leases import LEASE
from planted_worker import Planted

from service.schemas import ForecastOut
from service.verdicts.forecast import forecast, throughput_of
from service.verdicts.forecast_text import forecast_lines
from studies import golden
from studies.judgement import judge
from studies.speed import Speed, to_text
from studies.storage import overview, queue, workers
from studies.storage.engine import Database
from studies.storage.read_models import WorkerStatus

STUDIES = "/api/v1/studies"
WORKER = Planted((golden.ETA, golden.ALPHA), noise=0.2)


def test_each_context_has_its_own_time_and_the_page_shows_it(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    design = {"kind": "locate", "map_points": 40, "claim_replicates": 8, "zoom_points": 24, "confirm_blocks": 6}
    contexts = [{"name": "paper", "dataset": "digits"}, {"name": "plain", "dataset": "digits", "network": "mlp"}]
    body = {**document, "losses": ["golden"], "name": "two", "design": design, "contexts": contexts}
    assert api.post(STUDIES, json=body).status_code == 201
    WORKER.work_off(database)
    assert _in_words(_in_terminal(api, "two")) == _shown(api, "two") != []
    assert "as no worker is up" in _in_terminal(api, "two")[0]
    speeds = {"fig3 1x8x8": Speed(1e-5, 0.0, 0.0, 0.0), "mlp 1x8x8": Speed(1e-6, 0.0, 0.0, 0.0)}
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="1")
    assert "no worker has measured" in _in_terminal(api, "two")[0]
    queue.heartbeat(database, "w", {}, lease_seconds=LEASE, status=WorkerStatus(speeds=to_text(speeds)))
    body = api.get(f"{STUDIES}/two/forecast").json()
    assert (body["workers"], body["rate_measured"]) == (1, True)
    assert _in_words(_in_terminal(api, "two")) == _shown(api, "two") != []
    assert all("on the present workers" in line for line in _shown(api, "two"))
    verdict = judge(database, "two")
    known = next(sweep.needed for sweep in verdict.sweeps if sweep.needed is not None and sweep.needed.runs is not None)
    alike = replace(verdict, sweeps=tuple(replace(sweep, needed=known) for sweep in verdict.sweeps))
    found = forecast(overview.get(database, "two").spec, alike, throughput_of(workers.list_workers(database)))
    trained = known.runs * 30 * (1617 // 128) * 128  # images: epochs of whole batches of nine tenths of 1,797
    expected = {"golden@paper": pytest.approx(1e-5 * trained), "golden@plain": pytest.approx(1e-6 * trained)}
    assert {item.sweep: item.seconds for item in found.sweeps} == expected
    (item, *_) = (item for item in body["sweeps"] if item["needed"]["runs"] == known.runs)
    assert item["seconds"] == expected[item["sweep"]]


def _in_words(lines: list[str]) -> list[str]:
    """The terminal's sentences with the names that a page has for sweeps."""
    return [line.replace("golden@", "Golden loss, ", 1) for line in lines]


def _in_terminal(api: TestClient, name: str) -> list[str]:
    """What the terminal says of a study's forecast."""
    return forecast_lines(ForecastOut.model_validate(api.get(f"{STUDIES}/{name}/forecast").json()))


def _shown(api: TestClient, name: str) -> list[str]:
    """What the study's page says of it."""
    return [unescape(text) for text in re.findall(r'<p class="forecast">(.*?)</p>', api.get(f"/studies/{name}").text)]
