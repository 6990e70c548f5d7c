"""A trainer of the user's own in two parameters of its own: leased, judged and shown by their names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from studies.advance import advance
from studies.language.catalogue import entry
from studies.report.document import verify_report
from studies.storage.engine import Database

STUDY = "/api/v1/studies/trees"
DOCUMENT: dict[str, Any] = {
    "schema_version": 3,
    "name": "trees",
    "parameters": [
        {"name": "depth", "scale": "linear", "low": 1.0, "high": 10.0},
        {"name": "weight_decay", "scale": "log", "low": 1e-6, "high": 0.1},
    ],
    "claim": {"at": {"depth": 5.0, "weight_decay": 1e-3}, "tolerance": {"depth": 1.5}},
    "measure": {"name": "perplexity", "direction": "minimize", "kind": "positive"},
    "contexts": [{"trainer": "external", "name": "forest", "settings": {"trees": 100}}],
    "design": {
        "map_points": 24,
        "claim_replicates": 4,
        "zoom_points": 24,
        "confirm_blocks": 6,
        "confirmation": "fixed",
        "widen": False,
    },
    "replication": {"folds": 1},
}


def run_of(trial: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """The result of a training with its best place at the claim, broken where trees are deepest."""
    depth, decay = trial["parameters"]["depth"], trial["parameters"]["weight_decay"]
    if depth > 9.0:
        return {"run": run["run"], "outcome": "diverged"}
    seeds = [run["order_seed"], run["init_seed"], round(1e6 * depth)]
    noise = float(np.random.default_rng(seeds).standard_normal())
    value = math.exp(3.0 + 0.1 * (depth - 5.0) ** 2 + 0.2 * math.log(decay / 1e-3) ** 2 + 0.05 * noise)
    printed = f"<b>epoch 2</b>\nseed {run['init_seed']}"
    return {"run": run["run"], "value": value, "curve": [2.0 * value, value], "log": printed}


def batches(api: TestClient, database: Database) -> Iterator[list[dict[str, Any]]]:
    """What a caller leases and finishes until the study hands out no more."""
    while True:
        answer = api.post("/api/v1/leases", json={"worker": "w", "trials": 100, "study": "trees"})
        if answer.status_code == 409:
            return
        if answer.status_code == 204:
            assert advance(database)
            continue
        trials = answer.json()["trials"]
        ends = [{"id": t["id"], "token": t["token"], "runs": [run_of(t, r) for r in t["runs"]]} for t in trials]
        ended = api.post("/api/v1/leases/finish", json={"worker": "w", "trials": ends}).json()
        assert (len(ended["recorded"]), ended["dropped"]) == (len(trials), [])
        yield trials


@pytest.fixture
def leased(api: TestClient, database: Database) -> list[dict[str, Any]]:
    """The trials of the study, which has ended."""
    answer = api.post("/api/v1/studies", json=DOCUMENT)
    assert answer.status_code == 201, answer.text
    return [trial for batch in batches(api, database) for trial in batch]


def test_trials_are_leased_judged_and_shown_by_the_names_of_the_document(
    api: TestClient, leased: list[dict[str, Any]]
) -> None:
    assert {tuple(trial["parameters"]) for trial in leased} == {("depth", "weight_decay")}
    assert all(1.0 <= trial["parameters"]["depth"] <= 10.0 for trial in leased)
    sweep = api.get(f"{STUDY}/verdict").json()["sweeps"][0]
    assert [place["name"] for place in sweep["parameters"]] == ["depth", "weight_decay"]
    assert sweep["parameters"][0]["estimate"] == pytest.approx(5.0, abs=1.5)
    assert verify_report(api.get(f"{STUDY}/report.json").json()) == []
    browser = {"Accept": "text/html"}
    broken = next(trial["number"] for trial in leased if trial["parameters"]["depth"] > 9.0)
    paths = ("/studies/trees", "/studies/trees/trials/own@forest/0", f"/studies/trees/trials/own@forest/{broken}")
    for page in (*(api.get(path, headers=browser).text for path in paths), api.get(f"{STUDY}/report.html").text):
        assert "perplexity" in page and "weight_decay" in page
        for word in ("η", "α", "golden point", "learning rate", "est accuracy", "Accuracy per epoch"):
            assert word not in page
    curves = api.get(f"{STUDY}/figures/curves?sweep=own@forest").json()
    assert "perplexity" in str(curves) and "accuracy" not in str(curves)


def test_a_trials_page_shows_what_its_training_printed_last(api: TestClient, leased: list[dict[str, Any]]) -> None:
    page = api.get("/studies/trees/trials/own@forest/0", headers={"Accept": "text/html"}).text
    trial = next(trial for trial in leased if trial["number"] == 0)
    assert f"&lt;b&gt;epoch 2&lt;/b&gt;\nseed {trial['runs'][0]['init_seed']}</pre>" in page
    assert "Last lines of run 0" in page


def test_a_trial_without_a_result_shows_its_point_its_state_and_why_it_failed(api: TestClient) -> None:
    assert api.post("/api/v1/studies", json=DOCUMENT).status_code == 201
    address = "/studies/trees/trials/own@forest/0"
    browser = {"Accept": "text/html"}
    page = api.get(address, headers=browser).text
    assert "waits for a worker" in page and "<dt>weight_decay</dt>" in page and 'id="trial-curves"' not in page
    why = "ended by signal 9\nits last lines:\n<epoch 1>\nkilled"
    for attempt in (1, 2, 3):
        answer = api.post("/api/v1/leases", json={"worker": "w", "trials": 1, "study": "trees"}).json()
        (held,) = answer["trials"]
        assert held["number"] == 0
        page = api.get(address, headers=browser).text
        assert "it is being trained" in page and f"attempt {attempt}" in page
        failed = [{"id": held["id"], "token": held["token"], "failed": why}]
        assert api.post("/api/v1/leases/finish", json={"worker": "w", "trials": failed}).status_code == 200
    page = api.get(address, headers=browser).text
    assert "every attempt failed" in page and "attempt 3" in page and 'class="tag failed"' in page
    assert "ended by signal 9\nits last lines:\n&lt;epoch 1&gt;\nkilled" in page
    assert "<dt>weight_decay</dt>" in page and "trials/trees/own@forest/0/0.log" in page


def test_the_list_says_who_is_waited_for(api: TestClient) -> None:
    browser = {"Accept": "text/html"}
    assert api.post("/api/v1/studies", json=DOCUMENT).status_code == 201
    page = api.get("/", headers=browser).text
    assert "Nobody trains trees at present" in page and "golden worker" not in page
    assert api.post("/api/v1/leases", json={"worker": "w", "trials": 1, "study": "trees"}).status_code == 200
    assert "Nobody trains" not in api.get("/", headers=browser).text
    api.post(f"{STUDY}/cancel")
    toml = {"Content-Type": "application/toml"}
    assert api.post("/api/v1/studies", content=entry("quickstart").toml, headers=toml).status_code == 201
    page = api.get("/", headers=browser).text
    assert "nothing will be trained of quickstart" in page and "golden worker" in page
    assert api.post("/api/v1/studies/quickstart/cancel").status_code == 200
    page = api.get("/", headers=browser).text
    assert "No worker is alive" not in page and "Nobody trains" not in page
