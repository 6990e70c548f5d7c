"""The queue: in which order studies wait, the reason that is given for each, and that the page and the API agree."""

from __future__ import annotations

from html import unescape
from typing import Any

from fastapi.testclient import TestClient
from leases import LEASE
from own_trainers import submit as submit_own

from service.queue_order import held_by, read_queue
from studies.storage import queue, standing, studies, waiting, workers
from studies.storage.editing import Edit, edit
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
HTML = {"Accept": "text/html"}


def _submit(api: TestClient, document: dict[str, Any], *names: str) -> None:
    for name in names:
        assert api.post(STUDIES, json={**document, "name": name}).status_code == 201


def _reasons(database: Database) -> dict[str, tuple[int | None, str]]:
    return {each.study: (each.place, each.why) for each in read_queue(database).studies}


def test_each_study_says_why_it_waits(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    _submit(api, document, "first", "second", "paused", "urgent")
    studies.pause(database, "paused")
    assert _reasons(database)["first"] == (1, "No worker is alive; start one with `golden worker`.")
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="0")
    edit(database, "urgent", Edit(priority=5))
    assert queue.claim(database, worker="w", limit=1, lease_seconds=LEASE) is not None
    waiting.explain(database, "second", "no data here")
    assert _reasons(database) == {
        "urgent": (1, "It is being trained; the rest waits for the next free worker."),
        "first": (2, "Workers take what is in front of it first: urgent."),
        "second": (3, "no data here"),
        "paused": (None, "It is paused; nothing of it is claimed until it is resumed."),
    }
    assert list(_reasons(database)) == ["urgent", "first", "second", "paused"]


def test_the_pages_show_what_waits_and_what_is_held(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    assert "Nothing waits" in api.get("/queue", headers=HTML).text
    _submit(api, document, "first")
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="0")
    batch = queue.claim(database, worker="w", limit=1, lease_seconds=LEASE)
    assert batch is not None
    link = f"/studies/first/trials/{batch.trials[0].sweep}/{batch.trials[0].number}"
    text = api.get("/queue", headers=HTML).text
    assert "15 trials wait; 1 worker is alive." in text
    assert text.count(link) == 1
    assert api.get("/workers", headers=HTML).text.count(link) == 1
    assert held_by(standing.holdings(database)).keys() == {"w"}


def test_workers_and_own_programs_have_places_of_their_own(
    api: TestClient, database: Database, document: dict[str, Any]
) -> None:
    submit_own(database)
    _submit(api, document, "first", "second")
    found = read_queue(database)
    assert [(each.study, each.place, each.external) for each in found.studies] == [
        ("own", 1, True),
        ("first", 1, False),
        ("second", 2, False),
    ]
    assert found.studies[0].why.startswith("It waits for its own program")
    assert read_queue(database, limit=2) == found.model_copy(update={"studies": found.studies[:2], "more": 1})


def test_the_page_and_the_api_agree(api: TestClient, database: Database, document: dict[str, Any]) -> None:
    _submit(api, document, "first", "paused", "noted")
    submit_own(database)
    studies.pause(database, "paused")
    waiting.explain(database, "noted", "no data here")
    workers.register(database, name="w", host="h", pid=1, device="cpu", version="0")
    assert queue.claim(database, worker="w", limit=2, lease_seconds=LEASE) is not None
    sent, page = api.get("/api/v1/queue").json(), unescape(api.get("/queue", headers=HTML).text)
    assert f"{sent['trials']} trials wait; {sent['workers']} worker is alive." in page
    assert [each["study"] for each in sent["studies"]] == ["first", "noted", "own", "paused"]
    for each in sent["studies"]:
        row = page[page.index(f'href="/studies/{each["study"]}"') :].partition("</tr>")[0]
        assert f'data-label="Waiting">{each["waiting"]}<' in row
        assert each["why"].partition("`")[0] in row  # the page sets commands as code
    (held,) = sent["held"]
    assert f"/studies/{held['study']}/trials/{held['sweep']}/{held['number']}" in page
    assert f"{held['phase']}, 2 trials from {held['number']} on" in page
