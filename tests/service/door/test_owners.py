"""Named callers and their studies: who submitted, who may end a study, and what the audit list says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.door import tokens_file
from service.door.scopes import Scope
from service.settings import Settings
from studies.storage import studies
from studies.storage.engine import Database, open_database

STUDIES = "/api/v1/studies"
HTML = {"Accept": "text/html"}
CALLERS = {"alice": Scope.SUBMIT, "bob": Scope.SUBMIT, "root": Scope.ADMIN, "eve": Scope.READ, "node": Scope.WORK}
Headers = dict[str, str]


@pytest.fixture
def callers(tmp_path: Path) -> dict[str, Headers]:
    """The header of each caller."""
    file = tmp_path / "tokens.toml"
    found = {name: tokens_file.add(file, name, frozenset({scope})) for name, scope in CALLERS.items()}
    return {name: {"Authorization": f"Bearer {token}"} for name, token in found.items()}


@pytest.fixture
def lab(callers: dict[str, Headers], database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """An application with named callers, on either database."""
    database = open_database(database_url)
    guarded = Settings(database_url=database_url, tokens_file=tmp_path / "tokens.toml", tick_seconds=3600.0)
    app = create_app(guarded, database)
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client
    database.dispose()


ENDINGS: list[tuple[str, str, Any]] = [
    ("POST", "/extend", {"more": 2}),
    ("POST", "/cancel", None),
    ("PATCH", "", {"priority": 3}),
    ("DELETE", "", None),
]


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda row: row[0] + row[1])
def test_only_the_submitter_or_an_admin_ends_or_extends_a_study(
    lab: TestClient, callers: dict[str, Headers], document: dict[str, Any], ending: tuple[str, str, Any]
) -> None:
    method, rest, body = ending
    verb = rest.removeprefix("/") or {"PATCH": "edit", "DELETE": "delete"}[method]
    for who in ("alice", "root"):
        assert lab.post(STUDIES, json=document, headers=callers["alice"]).status_code == 201
        for other in ("bob", "eve", "node"):
            answer = lab.request(method, f"{STUDIES}/small{rest}", headers=callers[other], json=body)
            assert answer.status_code == 403
            if other == "bob":
                sentence = f"you may not {verb} study 'small': only alice or an admin may"
                assert (answer.json()["type"].rpartition(":")[2], answer.json()["detail"]) == (
                    "not-the-submitter",
                    sentence,
                )
        answer = lab.request(method, f"{STUDIES}/small{rest}", headers=callers[who], json=body)
        assert answer.status_code in (200, 204)
        lab.delete(f"{STUDIES}/small", headers=callers["root"])


def test_what_can_be_undone_is_for_every_submitter_and_is_noted(
    lab: TestClient, callers: dict[str, Headers], document: dict[str, Any]
) -> None:
    lab.post(STUDIES, json=document, headers=callers["alice"])
    for verb in ("pause", "resume"):
        assert lab.post(f"{STUDIES}/small/{verb}", headers=callers["bob"]).status_code == 200
    lab.post(f"{STUDIES}/small/cancel", headers=callers["root"])
    items = lab.get(f"{STUDIES}/small/audit", headers=callers["eve"]).json()["items"]
    found = [(item["actor"], item["action"]) for item in items]
    assert found == [("root", "cancel"), ("bob", "resume"), ("bob", "pause"), ("alice", "submit")]


def test_a_study_names_its_submitter_everywhere(
    lab: TestClient, callers: dict[str, Headers], document: dict[str, Any]
) -> None:
    submitted = lab.post(STUDIES, json=document, headers=callers["alice"]).json()
    assert submitted["summary"]["submitted_by"] == "alice"
    for who in ("bob", "eve"):
        read = callers[who]
        assert lab.get(f"{STUDIES}/small", headers=read).json()["summary"]["submitted_by"] == "alice"
        assert lab.get(STUDIES, headers=read).json()["items"][0]["submitted_by"] == "alice"
        assert "by alice" in lab.get("/", headers={**read, **HTML}).text
        assert "by alice" in lab.get("/studies/small", headers={**read, **HTML}).text


def test_a_page_offers_each_caller_what_it_may_do(
    lab: TestClient, callers: dict[str, Headers], document: dict[str, Any]
) -> None:
    lab.post(STUDIES, json=document, headers=callers["alice"])
    shown = {}
    for who in ("alice", "bob", "root", "eve"):
        text = lab.get("/studies/small", headers={**callers[who], **HTML}).text
        shown[who] = [verb for verb in ("pause", "cancel", "extend", "delete") if f'data-action="{verb}"' in text]
    everything = ["pause", "cancel", "extend", "delete"]
    assert shown == {"alice": everything, "bob": ["pause"], "root": everything, "eve": []}


@pytest.mark.parametrize("before", ["", "local", "session"])
def test_studies_of_nobody_by_name_belong_to_admins(
    lab: TestClient, callers: dict[str, Headers], document: dict[str, Any], before: str
) -> None:
    from studies.language.spec import parse
    from studies.plan.procedure import first_plans

    spec = parse(document)
    database: Database = lab.app.state.database  # type: ignore[attr-defined]
    studies.create(database, spec, first_plans(spec), runs_expected=1, submitted_by=before)
    answer = lab.delete(f"{STUDIES}/small", headers=callers["alice"])
    assert answer.status_code == 403
    assert "only an admin may" in answer.json()["detail"]
    assert lab.delete(f"{STUDIES}/small", headers=callers["root"]).status_code == 204


def test_a_worker_sees_documents_and_nothing_else(
    lab: TestClient, callers: dict[str, Headers], document: dict[str, Any]
) -> None:
    lab.post(STUDIES, json=document, headers=callers["alice"])
    node = callers["node"]
    assert [lab.get(path, headers=node).status_code for path in (f"{STUDIES}/small", "/api/v1/schema")] == [200, 200]
    for path in ("/", STUDIES, f"{STUDIES}/small/runs", "/metrics", "/api/v1/workers"):
        answer = lab.get(path, headers=node)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, "scope-needed")


def test_only_an_admin_stops_workers(lab: TestClient, callers: dict[str, Headers]) -> None:
    drained = {who: lab.post("/api/v1/workers/w/drain", headers=callers[who]).status_code for who in callers}
    assert drained == {"alice": 403, "bob": 403, "root": 404, "eve": 403, "node": 403}


def test_without_tokens_everything_is_allowed(api: TestClient, document: dict[str, Any]) -> None:
    assert api.get("/api/v1/caller").json() == {
        "name": "local",
        "scopes": ["read", "submit", "admin", "work"],
        "way": "local",
    }
    assert api.post(STUDIES, json=document).json()["summary"]["submitted_by"] == "local"
    assert api.delete(f"{STUDIES}/small").status_code == 204
