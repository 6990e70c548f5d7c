"""Two service processes on one database: neither answers from what it kept of a study that the other replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from chaos import Fleet
from noop_worker import work_off
from waiting import CEILING, wait_until

from studies.storage.engine import Database, open_database

STUDY = "/api/v1/studies/small"
READS = (
    "",
    "/trials",
    "/runs",
    "/trials?sort=value",
    "/verdict",
    "/report.json",
    "/figures/landscape",
    "/runs?limit=1",
)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def pair(database_url: str, tmp_path: Path) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Clients of two `golden serve` processes."""
    fleet = Fleet(tmp_path, forked=True)
    one, two = (httpx.Client(base_url=fleet.service(database_url), timeout=CEILING, trust_env=False) for _ in range(2))
    try:
        with one, two:
            for client in (one, two):
                wait_until(lambda client=client: _ready(client), what="the service")  # type: ignore[misc]
            yield one, two
    finally:
        fleet.kill()


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _measure(db: Database, client: httpx.Client, document: dict[str, Any]) -> None:
    assert client.post("/api/v1/studies", json=document).status_code == 201
    work_off(db)


def test_a_study_replaced_through_one_service_is_new_to_the_other(
    db: Database, pair: tuple[httpx.Client, httpx.Client], document: dict[str, Any]
) -> None:
    first, second = pair
    _measure(db, first, document)
    before = {read: second.get(STUDY + read) for read in READS}
    assert {answer.status_code for answer in before.values()} == {200}
    again = {read: second.get(STUDY + read, headers={"If-None-Match": before[read].headers["etag"]}) for read in READS}
    assert {answer.status_code for answer in again.values()} == {304}
    assert first.delete(STUDY).status_code == 204
    assert second.get(STUDY).status_code == 404
    _measure(db, first, {**document, "seed": 99})
    for read in READS:
        after = second.get(STUDY + read, headers={"If-None-Match": before[read].headers["etag"]})
        assert after.status_code == 200, read
        assert after.content != before[read].content, read
        assert after.json() == first.get(STUDY + read).json(), read
