"""The webhooks over the API: shown without secrets, tested by whoever may change, chosen by name alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from receiver import Receiver, receiving
from webhook_files import SECRET, webhooks_file

from service.app import create_app
from service.settings import Settings, load
from studies.storage.engine import Database

WEBHOOKS = "/api/v1/webhooks"
TOKEN, READ_TOKEN = "a-token-for-tests-0123456789", "a-token-that-may-only-look-01"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as running:
        yield running


@pytest.fixture
def hooked(settings: Settings, database: Database, receiver: Receiver, tmp_path: Path) -> Iterator[TestClient]:
    own = load(
        {},
        token=TOKEN,
        read_token=READ_TOKEN,
        webhook_allow=["127.0.0.0/8"],
        database_url=settings.database_url.get_secret_value(),
        webhooks_file=webhooks_file(tmp_path, receiver.url),
        tick_seconds=3600.0,
    )
    with TestClient(create_app(own, database), base_url="http://127.0.0.1:8000") as client:
        yield client


def as_caller(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_none_are_set(api: TestClient) -> None:
    assert api.get(WEBHOOKS).json() == {"items": [], "problem": ""}
    assert api.post(f"{WEBHOOKS}/lab/test").status_code == 404


def test_a_reader_sees_them_without_secrets_and_may_not_test(hooked: TestClient, receiver: Receiver) -> None:
    assert hooked.get(WEBHOOKS).status_code == 401
    listed = hooked.get(WEBHOOKS, headers=as_caller(READ_TOKEN))
    (item,) = listed.json()["items"]
    assert (item["name"], item["origin"]) == ("hook-0", receiver.url.removesuffix("/golden"))
    assert SECRET not in listed.text and "/golden" not in listed.text
    assert hooked.post(f"{WEBHOOKS}/hook-0/test", headers=as_caller(READ_TOKEN)).status_code == 403
    assert receiver.requests == []


def test_a_test_names_a_webhook_and_nothing_else(hooked: TestClient, receiver: Receiver) -> None:
    token = as_caller(TOKEN)
    tested = hooked.post(f"{WEBHOOKS}/hook-0/test", headers=token)
    assert (tested.status_code, tested.json()["arrived"], tested.json()["status"]) == (200, True, 204)
    for name in ("http:%2f%2f127.0.0.1", "HOOK-0", "x" * 64):
        assert hooked.post(f"{WEBHOOKS}/{name}/test", headers=token).status_code in {404, 422}, name
    assert hooked.post(f"{WEBHOOKS}/hook-0/test?url=http://127.0.0.1", headers=token).status_code == 422
    assert len(receiver.requests) == 1
