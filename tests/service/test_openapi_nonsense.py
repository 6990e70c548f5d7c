"""Requests that the OpenAPI document rules out, on both databases: refused with a sentence, none taken, no crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_fuzz import BASE, bearer, choosy, described, fuzz_nonsense, operations, unguarded

from service.app import create_app
from service.settings import Settings
from studies.storage.engine import Database, open_database

TOKEN = "a-token-for-tests-0123456789"
ASKED = {
    "get /api/v1/studies",
    "get /api/v1/studies/{name}/runs",
    "get /api/v1/studies/{name}/trials",
    "get /api/v1/studies/{name}/verdict",
    "post /api/v1/studies",
    "post /api/v1/studies/preview",
    "post /api/v1/studies/{name}/extend",
    "post /api/v1/verdicts",
}


@pytest.fixture
def guarded(database_url: str, database: Database) -> Iterator[TestClient]:
    """An application that needs a token, on each database in turn."""
    settings = Settings(database_url=database_url, token=TOKEN, tick_seconds=3600.0, writes_per_minute=1_000_000)
    with TestClient(create_app(settings, database), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    db = open_database(database_url)
    yield db
    db.dispose()


def _nonsense(api: TestClient, document: dict[str, Any], *, examples: int) -> Counter[int]:
    headers = bearer(TOKEN)
    spec = unguarded(described(api, TOKEN))
    found: Counter[int] = Counter()
    asked = set()
    for operation in (each for each in operations(spec) if choosy(each, spec)):
        api.post("/api/v1/studies", json=document, headers=headers)  # again, where a request has deleted it
        found.update(fuzz_nonsense(api, operation, spec, study="small", examples=examples, headers=headers))
        asked.add(f"{operation.method} {operation.path}")
    assert asked >= ASKED
    return found


def test_nonsense_is_refused(guarded: TestClient, document: dict[str, Any]) -> None:
    found = _nonsense(guarded, document, examples=3)
    refused = sum(count for status, count in found.items() if status >= 400)
    assert found[422] > 10
    assert refused > 0.8 * found.total()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_much_nonsense_is_refused(guarded: TestClient, document: dict[str, Any]) -> None:
    found = _nonsense(guarded, document, examples=150)
    assert found.total() > 1500
    assert found[422] > 800
