"""`extend` under an Idempotency-Key is carried out once, on both databases; odd bodies are refused as a study's are."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from planted_worker import Planted

from service.app import create_app
from service.door import tokens_file
from service.door.change_seats import ChangeSeats
from service.door.scopes import Scope
from service.settings import Settings
from studies import golden
from studies.storage import schema
from studies.storage.engine import Database, open_database

STUDIES = "/api/v1/studies"
EXTEND = f"{STUDIES}/small/extend"
KEY = {"Idempotency-Key": "click-1"}
JSON = {"Content-Type": "application/json"}
AT_ONCE = 10
GZIPPED = gzip.compress(b'{"more": 2}', mtime=0)


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[tuple[TestClient, Database]]:
    """An application on either database, whose callers are alice and root; and the database."""
    database = open_database(database_url, pool_size=AT_ONCE)
    guarded = Settings(database_url=database_url, tokens_file=tmp_path / "tokens.toml", tick_seconds=3600.0)
    for name, scope in (("alice", Scope.SUBMIT), ("root", Scope.ADMIN)):
        token = tokens_file.add(tmp_path / "tokens.toml", name, frozenset({scope}))
        (tmp_path / name).write_text(token)
    with TestClient(create_app(guarded, database), base_url="http://127.0.0.1:8000") as client:
        client.headers["Authorization"] = f"Bearer {(tmp_path / 'alice').read_text()}"
        yield client, database
    database.dispose()


def runs(answer: Any) -> int:
    return int(answer.json()["summary"]["runs_expected"])


def test_ten_at_once_extend_once(lab: tuple[TestClient, Database], document: dict[str, Any]) -> None:
    client, _ = lab
    assert runs(client.post(STUDIES, json=document)) == 16
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(client.post, EXTEND, json={"more": 2}, headers=KEY) for _ in range(AT_ONCE)]
    answers = [each.result() for each in sent]
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert len({answer.text for answer in answers}) == 1
    assert runs(answers[0]) == 16 + 2 * 2
    items = client.get(f"{STUDIES}/small/audit").json()["items"]
    assert [item["action"] for item in items] == ["extend", "submit"]


def test_ten_at_once_without_a_key_extend_ten_times_by_trials_of_their_own(
    lab: tuple[TestClient, Database], document: dict[str, Any]
) -> None:
    client, _ = lab
    points = [{"eta": golden.ETA, "alpha": golden.ALPHA}]
    design = {"kind": "cross_validation", "repeats": 1, "points": points}
    before = runs(client.post(STUDIES, json={**document, "losses": ["golden"], "design": design}))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(client.post, EXTEND, json={"more": 1}) for _ in range(AT_ONCE)]
    assert [each.result().status_code for each in sent] == [200] * AT_ONCE
    detail = client.get(f"{STUDIES}/small")
    assert runs(detail) == before * (1 + AT_ONCE)
    Planted((golden.ETA, golden.ALPHA), noise=0.2).work_off(lab[1])
    found = client.get(f"{STUDIES}/small/runs", params={"limit": 1000}).json()["items"]
    seeds = [tuple(run["replicate"].values()) for run in found]
    assert len(seeds) == len(set(seeds)) == runs(detail)


def test_a_key_stands_for_one_extension_of_one_study_by_one_caller(
    lab: tuple[TestClient, Database], document: dict[str, Any], tmp_path: Path
) -> None:
    client, _ = lab
    client.post(STUDIES, json=document)
    client.post(STUDIES, json={**document, "name": "other"})
    assert client.post(EXTEND, json={"more": 2}, headers=KEY).status_code == 200
    spelled = client.post(EXTEND, content=b'{ "more" : 2 }', headers={**KEY, **JSON})
    assert (spelled.status_code, runs(spelled)) == (200, 20)
    for path, body in ((EXTEND, {"more": 3}), (f"{STUDIES}/other/extend", {"more": 2}), (STUDIES, document)):
        refused = client.post(path, json=body, headers=KEY)
        assert refused.status_code == 422
        assert refused.json()["type"].endswith("idempotency-key-reused")
    root = {"Authorization": f"Bearer {(tmp_path / 'root').read_text()}"}
    assert runs(client.post(EXTEND, json={"more": 2}, headers={**KEY, **root})) == 24
    assert runs(client.post(EXTEND, json={"more": 2}, headers=KEY)) == 24, "alice's own is known still"


def test_a_key_of_a_deleted_study_extends_no_other_of_its_name(
    lab: tuple[TestClient, Database], document: dict[str, Any]
) -> None:
    client, _ = lab
    client.post(STUDIES, json=document)
    client.post(EXTEND, json={"more": 2}, headers=KEY)
    client.delete(f"{STUDIES}/small")
    client.post(STUDIES, json=document)
    assert client.post(EXTEND, json={"more": 2}, headers=KEY).status_code == 422


def test_a_refused_extension_uses_no_key_up(lab: tuple[TestClient, Database], document: dict[str, Any]) -> None:
    client, _ = lab
    client.post(STUDIES, json=document)
    assert client.post(EXTEND, json={"more": 20_000}, headers=KEY).status_code == 422
    assert client.post(EXTEND, json={"more": 2}, headers=KEY).status_code == 200


def test_a_grant_is_given_once(api: TestClient, undecided: str) -> None:
    more = {"until_decided": True, "max_runs": 1000}
    with ThreadPoolExecutor(4) as pool:
        path = f"{STUDIES}/{undecided}/extend"
        answers = list(pool.map(lambda _: api.post(path, json=more, headers=KEY), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {answer.json()["summary"]["runs_granted"] for answer in answers} == {1000}
    items = api.get(f"{STUDIES}/{undecided}/audit").json()["items"]
    assert [item["action"] for item in items].count("extend") == 1
    assert api.post(path, json=more).status_code == 409, "without the key it is another request"


def test_the_time_that_a_verdict_takes_is_none_of_the_databases(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, database: Database, undecided: str
) -> None:
    monkeypatch.setitem(ChangeSeats.__init__.__kwdefaults__, "seconds", 0.2)  # judging takes longer
    database.write(lambda connection: connection.execute(sa.delete(schema.verdicts)))
    more, path = {"until_decided": True, "max_runs": 1000}, f"{STUDIES}/{undecided}/extend"
    with (
        TestClient(create_app(settings, database), base_url="http://127.0.0.1:8000") as client,
        ThreadPoolExecutor(AT_ONCE) as pool,  # more than there are connections
    ):
        answers = list(pool.map(lambda _: client.post(path, json=more, headers=KEY), range(AT_ONCE)))
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE


@pytest.mark.parametrize(
    ("content", "headers", "status", "text"),
    [
        (b'{"more": 2}', {"Content-Type": "text/plain"}, 415, "send the extension as application/json, got text/plain"),
        (b'{"more": 2}', {"Content-Type": "application/x-www-form-urlencoded"}, 415, "got application/x-www-form"),
        (b'{"more": 2}', {}, 415, "got no type"),
        (GZIPPED, {**JSON, "Content-Encoding": "gzip"}, 415, "send the extension uncompressed"),
        (b"", JSON, 422, "the body is empty"),
        (b"[2]", JSON, 422, "send an object such as"),
        (b'{"more": 2', JSON, 422, "not well-formed JSON"),
        (b'{"more": 2, "more": 2000}', JSON, 422, "more: appears more than once"),
        (b"\xff\xfe", JSON, 422, "not UTF-8"),
    ],
)
def test_odd_bodies_are_refused_as_a_studys_would_be(
    api: TestClient, document: dict[str, Any], content: bytes, headers: dict[str, str], status: int, text: str
) -> None:
    api.post(STUDIES, json=document)
    answer = api.post(EXTEND, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert text in answer.json()["detail"]
    assert api.get(f"{STUDIES}/small").json()["summary"]["runs_expected"] == 16


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é"])
def test_odd_keys_are_refused(api: TestClient, document: dict[str, Any], key: str) -> None:
    api.post(STUDIES, json=document)
    answer = api.post(EXTEND, json={"more": 2}, headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "idempotency-key"
