"""The queue over HTTP: what is sent, what is refused, and that polling is cheap."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from leases import LEASE
from own_trainers import submit as submit_own

from service.queue_bodies import Queue
from studies.storage import queue, studies, workers
from studies.storage.engine import Database

QUEUE = "/api/v1/queue"


def _submit(api: TestClient, document: dict[str, Any], *names: str) -> None:
    for name in names:
        assert api.post("/api/v1/studies", json={**document, "name": name}).status_code == 201


def test_nothing_waits(api: TestClient) -> None:
    assert api.get(QUEUE).json() == {"studies": [], "more": 0, "trials": 0, "held": [], "workers": 0}


def test_what_waits_and_what_is_held_is_sent(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    _submit(api, document, "first", "paused")
    submit_own(database, title="of my own")
    studies.pause(database, "paused")
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="0")
    batch = queue.claim(database, worker="w", limit=1, lease_seconds=LEASE)
    assert batch is not None
    sent = api.get(QUEUE).json()
    assert [(s["place"], s["study"], s["state"], s["external"]) for s in sent["studies"]] == [
        (1, "first", "running", False),
        (1, "own", "queued", True),
        (None, "paused", "paused", False),
    ]
    assert [(s["waiting"], s["running"], s["priority"], s["title"]) for s in sent["studies"][:2]] == [
        (15, 1, 0, ""),
        (sent["studies"][1]["waiting"], 0, 0, "of my own"),
    ]
    assert sent["studies"][0]["started_at"] is not None
    assert [s["why"] for s in sent["studies"]] == [
        "It is being trained; the rest waits for the next free worker.",
        "It waits for its own program, which takes trials as it asks for them (`golden run`).",
        "It is paused; nothing of it is claimed until it is resumed.",
    ]
    assert (sent["trials"], sent["workers"], sent["more"]) == (sum(s["waiting"] for s in sent["studies"]), 1, 0)
    (held,) = sent["held"]
    trial = batch.trials[0]
    assert (held["worker"], held["study"], held["sweep"], held["number"]) == ("w", "first", trial.sweep, trial.number)
    assert held["since"] < held["deadline"]
    assert Queue.model_validate(sent).model_dump(mode="json") == sent


def test_what_is_not_listed_is_counted(api: TestClient, document: dict[str, Any]) -> None:
    _submit(api, document, "first", "second", "third")
    whole, part = api.get(QUEUE).json(), api.get(QUEUE, params={"limit": 1}).json()
    assert part == {**whole, "studies": whole["studies"][:1], "more": 2}


def test_polling_is_cheap_and_each_change_is_a_new_tag(api: TestClient, document: dict[str, Any]) -> None:
    _submit(api, document, "first")
    known = {"If-None-Match": api.get(QUEUE).headers["etag"]}
    assert api.get(QUEUE, headers=known).status_code == 304
    assert api.patch("/api/v1/studies/first", json={"priority": 3}).status_code == 200
    again = api.get(QUEUE, headers=known)
    assert (again.status_code, again.json()["studies"][0]["priority"]) == (200, 3)


def test_what_is_refused(api: TestClient, locked: TestClient) -> None:
    for query in ("limit=0", "limit=1001", "limit=1e2", "limit=1&limit=2", "cursor=x", "state=paused"):
        answer = api.get(f"{QUEUE}?{query}")
        assert (answer.status_code, query.partition("=")[0] in answer.json()["detail"]) == (422, True), query
    assert locked.get(QUEUE).status_code == 401
    read = {"Authorization": "Bearer a-token-that-may-only-look-01"}
    assert locked.get(QUEUE, headers=read).status_code == 200
