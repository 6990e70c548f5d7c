"""The protocol for trainers of the user's own, over HTTP: what it gives, what it refuses, and who may use it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from jsonschema import Draft202012Validator
from leases import pass_time
from own_results import results_of
from own_trainers import document
from planning import planned_on

from service.app import create_app
from service.client import Client
from service.lease_bodies import BODIES
from service.settings import Settings
from studies.storage import overview
from studies.storage.engine import Database

LEASES = "/api/v1/leases"
TOKEN = "a-token-for-tests-0123456789"
BASE = "http://127.0.0.1:8000"


def submitted(api: TestClient, **changes: Any) -> str:
    assert api.post("/api/v1/studies", json=document(**changes)).status_code == 201
    return str(document(**changes)["name"])


def lease(api: TestClient, trials: int = 1, **fields: Any) -> dict[str, Any]:
    answer = api.post(LEASES, json={"worker": "node-7", "trials": trials, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def send(api: TestClient, verb: str, *trials: dict[str, Any], **fields: Any) -> Response:
    answer: Response = api.post(f"{LEASES}/{verb}", json={"worker": "node-7", "trials": list(trials), **fields})
    return answer


def held(trial: dict[str, Any]) -> dict[str, Any]:
    return {"id": trial["id"], "token": trial["token"]}


def test_a_lease_has_everything_that_a_training_needs(api: TestClient) -> None:
    submitted(api)
    found = lease(api, 2, seconds=60)
    assert (found["study"], found["context"], found["settings"]) == ("own", "mine", {"network": "r18"})
    assert (found["measure"]["name"], found["lease_seconds"], found["folds"]) == ("val_acc", 60.0, 1)
    first = found["trials"][0]
    assert first.keys() == {
        *("id", "token", "sweep", "number", "phase", "arm", "block", "loss", "parameters", "runs", "attempt"),
        "deadline",
    }
    assert (first["sweep"], first["phase"], first["loss"], first["attempt"]) == ("own@mine", "map", "own", 1)
    assert first["parameters"].keys() == {"eta", "alpha"}
    assert first["runs"][0].keys() == {"run", "split", "fold", "order_seed", "init_seed"}
    assert all(0 <= seed < 2**53 for seed in first["runs"][0].values())


def test_a_whole_study_over_http_ends_in_a_verdict(api: TestClient, database: Database) -> None:
    submitted(api)

    def lease() -> list[dict[str, Any]]:
        answer = api.post(LEASES, json={"worker": "w", "trials": 100})
        return [] if answer.status_code == 204 else list(answer.json()["trials"])

    while trials := planned_on(lease, database):
        ends = [{**held(trial), "runs": results_of(trial)} for trial in trials]
        assert send(api, "finish", *ends).json()["dropped"] == []
    summary = api.get("/api/v1/studies/own").json()["summary"]
    assert (summary["state"], summary["runs_done"]) == ("complete", summary["runs_expected"])
    verdict = api.get("/api/v1/studies/own/verdict").json()
    assert verdict["sweeps"][0]["loss"] == "own"
    assert verdict["outcome"] in {"supported", "refuted", "inconclusive"}
    for path in ("runs", "trials", "report.json", "report.html", "figures/landscape", "export.csv", "export.json"):
        assert api.get(f"/api/v1/studies/own/{path}").status_code == 200, path
    for page in ("/studies/own", "/"):
        assert api.get(page).status_code == 200


def test_the_client_has_the_same_verbs(settings: Settings, database: Database) -> None:
    with (
        TestClient(create_app(settings, database), base_url=BASE) as api,
        Client(BASE, transport=api._transport) as client,
    ):
        assert client.lease("node-7") is None
        client.submit(document())
        batch = client.lease("node-7", trials=4, seconds=600)
        assert batch is not None
        first, second, third, fourth = batch.trials
        assert client.renew_leases("node-7", batch.trials).lost == []
        steps = [{"id": first.id, "token": first.token, "run": 0, "step": 1, "value": 0.5}]
        assert client.report_steps("node-7", steps).lost == []
        ends: list[dict[str, Any]] = [
            {"id": first.id, "token": first.token, "runs": [{"run": 0, "value": 0.9, "curve": [0.4, 0.9]}]},
            {"id": second.id, "token": second.token, "runs": [{"run": 0, "outcome": "diverged"}]},
            {"id": third.id, "token": third.token, "failed": "out of memory"},
        ]
        assert client.finish_trials("node-7", ends).recorded == [first.id, second.id, third.id]
        assert client.release_trials("node-7", [fourth, {"id": 10**9, "token": 1}]).released == [fourth.id]
        rows = {row.trial: row for row in client.runs("own")}
        assert rows[first.number].reported is not None
        assert rows[first.number].reported.curve == (0.4, 0.9)
        assert rows[second.number].cause == "diverged"
        assert {row.worker for row in client.trials("own") if row.number == first.number} == {"local/node-7"}


def test_a_repeated_lease_under_a_key_gives_the_same_trials(api: TestClient) -> None:
    submitted(api)
    body, key = {"worker": "w", "trials": 3}, {"Idempotency-Key": "k-1"}
    first = api.post(LEASES, json=body, headers=key).json()
    assert api.post(LEASES, json=body, headers=key).json() == first
    other = api.post(LEASES, json={**body, "trials": 4}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:golden-study:problem:idempotency-key-reused")
    assert lease(api, 3)["trials"][0]["id"] not in {trial["id"] for trial in first["trials"]}


def test_nothing_waits_is_an_answer(api: TestClient) -> None:
    answer = api.post(LEASES, json={"worker": "w"})
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (204, b"", "2")


def test_a_zombie_is_told_to_stop(api: TestClient, database: Database) -> None:
    submitted(api)
    (old,) = lease(api)["trials"]
    pass_time(database)
    (new,) = lease(api)["trials"]
    assert (new["id"], new["token"], new["attempt"]) == (old["id"], 2, 2)
    assert send(api, "renew", held(old)).json() == {"lost": [old["id"]], "deadline": None}
    assert send(api, "finish", {**held(old), "runs": results_of(old)}).json()["dropped"] == [old["id"]]
    assert send(api, "finish", {**held(new), "runs": results_of(new)}).json()["recorded"] == [new["id"]]
    assert overview.get(database, "own").summary.runs_done == 1


RUN = {"run": 0, "value": 0.5}
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("", {"worker": "w", "trials": 0}, "trials", "greater than or equal to 1"),
    ("", {"worker": "w", "trials": 1001}, "trials", "less than or equal to 1000"),
    ("", {"worker": "w", "trials": True}, "trials", "valid integer"),
    ("", {"worker": "w", "seconds": 9}, "seconds", "greater than or equal to 10"),
    ("", {"worker": "w", "wait": 31}, "wait", "less than or equal to 30"),
    ("", {"worker": "a/b"}, "worker", "1 to 100 letters"),
    ("", {"worker": ""}, "worker", "1 to 100 letters"),
    ("", {}, "worker", "field required"),
    ("", {"worker": "w", "priority": 1}, "priority", "unknown field"),
    ("/renew", {"worker": "w", "trials": []}, "trials", "at least 1 item"),
    ("/renew", {"worker": "w", "trials": [{"id": 2**63, "token": 1}]}, "trials.0.id", "less than"),
    ("/renew", {"worker": "w", "trials": [{"id": 1, "token": 2**31}]}, "trials.0.token", "less than"),
    ("/release", {"worker": "w", "trials": [{"id": 1, "token": 1}] * 2}, "trials.1.id", "name each trial once"),
    (
        "/report",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "step": -1, "value": 1}]},
        "trials.0.step",
        "equal to 0",
    ),
    (
        "/report",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "step": 1, "value": math.nan}]},
        "trials.0.value",
        "finite number",
    ),
    ("/finish", {"worker": "w", "trials": [{"id": 1, "token": 1}]}, "trials.0", "both missing"),
    (
        "/finish",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "runs": [RUN], "failed": "x"}]},
        "trials.0",
        "both given",
    ),
    (
        "/finish",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "runs": [{"run": 0}]}]},
        "trials.0.runs.0.value",
        '"outcome": "diverged"',
    ),
    (
        "/finish",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "runs": [{"run": 0, "value": math.nan}]}]},
        "trials.0.runs.0.value",
        '"outcome": "diverged"',
    ),
    (
        "/finish",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "runs": [{**RUN, "outcome": "broke"}]}]},
        "trials.0.runs.0.outcome",
        "'trained' or 'diverged'",
    ),
    (
        "/finish",
        {"worker": "w", "trials": [{"id": 1, "token": 1, "runs": [RUN, RUN]}]},
        "trials.0.runs",
        "more than once",
    ),
]


@pytest.mark.parametrize(("path", "body", "field", "text"), REFUSED)
def test_what_is_not_acceptable_is_refused_with_field_and_cure(
    unchanged_api: TestClient, path: str, body: dict[str, Any], field: str, text: str
) -> None:
    import json  # allows NaN, as many programs send it

    sent = json.dumps(body).encode()
    answer = unchanged_api.post(LEASES + path, content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    found = {each["field"]: each["message"] for each in answer.json()["errors"]}
    assert text in found.get(field, ""), found


@pytest.mark.parametrize("path", ["", "/renew", "/report", "/finish", "/release"])
@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff", b'{"worker":"w","worker":"v"}'])
def test_bodies_that_are_none_are_refused(unchanged_api: TestClient, path: str, content: bytes) -> None:
    answer = unchanged_api.post(LEASES + path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert unchanged_api.post(LEASES + path, content=b"a=1").status_code == 415


def test_a_fault_in_one_trial_refuses_the_request_and_loses_nothing(api: TestClient, database: Database) -> None:
    submitted(api)
    first, second = lease(api, 2)["trials"]
    good, bad = {**held(first), "runs": results_of(first)}, {**held(second), "runs": [{"run": 0, "value": 87.5}]}
    answer = send(api, "finish", good, bad)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "trials.1.runs.0.value"
    assert "divide percentages by 100" in answer.json()["detail"]
    assert overview.get(database, "own").summary.runs_done == 0
    assert send(api, "finish", good, {**bad, "runs": results_of(second)}).json()["dropped"] == []


def test_odd_texts_of_failures_are_kept_and_do_no_harm(api: TestClient) -> None:
    submitted(api, limits={"max_attempts": 1, "max_failed_share": 1.0})
    (trial,) = lease(api)["trials"]
    text = "boom\x00\x1b[2J\u202e<script>" + "x" * 5_000
    assert send(api, "finish", {**held(trial), "failed": text}).json()["recorded"] == [trial["id"]]
    (row,) = api.get("/api/v1/studies/own/trials", params={"state": "failed"}).json()["items"]
    assert row["error"].startswith("raised: boom\\x00\\x1b[2J\\u202e<script>xxx")
    assert len(row["error"]) <= 2_000
    assert "<script>x" not in api.get("/studies/own").text


def test_studies_that_hand_out_nothing_are_refused(api: TestClient, document: dict[str, Any]) -> None:
    api.post("/api/v1/studies", json=document)
    for name, status, text in (
        ("nobody", 404, "nobody"),
        ("No Body", 422, "lower-case letters"),
        ("small", 409, "no external context"),
    ):
        answer = api.post(LEASES, json={"worker": "w", "study": name})
        assert (answer.status_code, text in answer.json()["detail"]) == (status, True)


def test_only_the_scope_work_may_train(locked: TestClient) -> None:
    read = {"Authorization": "Bearer a-token-that-may-only-look-01"}
    whole = {"Authorization": f"Bearer {TOKEN}"}
    assert locked.post(LEASES, json={"worker": "w"}).status_code == 401
    refused = locked.post(LEASES, json={"worker": "w"}, headers=read)
    assert (refused.status_code, "scope work" in refused.json()["detail"]) == (403, True)
    assert locked.post(LEASES, json={"worker": "w"}, headers=whole).status_code == 204


def test_work_has_a_limit_of_its_own(settings: Settings, database: Database) -> None:
    few = settings.model_copy(update={"work_per_minute": 3, "writes_per_minute": 1})
    with TestClient(create_app(few, database), base_url=BASE) as api:
        statuses = [api.post(LEASES, json={"worker": "w"}).status_code for _ in range(4)]
        assert statuses == [204, 204, 204, 429]
        assert api.post("/api/v1/studies", json=document()).status_code == 201


def test_the_examples_of_the_document_are_acceptable(api: TestClient) -> None:
    components = api.get("/api/v1/openapi.json").json()["components"]
    for model in BODIES:
        schema = components["schemas"][model.__name__]
        (example,) = schema["examples"]
        assert Draft202012Validator({**schema, "components": components}).is_valid(example)
        model.model_validate(example)


@pytest.mark.parametrize(
    "measure",
    [
        {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000},
        {"name": "elbo", "direction": "maximize", "kind": "real"},
    ],
)
def test_the_page_of_a_trial_shows_what_was_reported(api: TestClient, measure: dict[str, Any]) -> None:
    submitted(api, measure=measure)
    (trial,) = lease(api)["trials"]
    page = f"/studies/own/trials/own@mine/{trial['number']}"
    assert "No run of this trial has finished" in api.get(page).text
    tag = api.get(page).headers["etag"]
    send(api, "report", {**held(trial), "step": 3, "value": 0.25})
    shown = api.get(page, headers={"If-None-Match": tag})
    assert shown.status_code == 200
    assert measure["name"] in shown.text
    assert "at step 3" in shown.text
    send(api, "finish", {**held(trial), "runs": [{"run": 0, "value": 0.875, "curve": [0.5, 0.875]}]})
    assert "0.875" in api.get(page).text
    assert api.get("/studies/own").status_code == 200
