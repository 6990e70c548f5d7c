"""The OpenAPI document: committed as it is generated, and true under fuzzing, with a token and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from openapi_fuzz import bearer, described, documented, fuzz, operations, resolved

from service.app import create_app
from service.door.gate import OPEN_PATHS
from service.openapi import document as openapi_document
from service.settings import Settings
from studies.language.catalogue import load
from studies.language.spec import restored
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import Database

STUDIES = "/api/v1/studies"
TOKEN = "a-token-for-tests-0123456789"
COMMITTED = Path(__file__).parents[2] / "docs/openapi.json"


def test_the_committed_document_is_current() -> None:
    text = openapi_document()
    assert len(text) < 300_000
    assert COMMITTED.read_text("utf-8") == text, "run `make openapi`"


def _run(api: TestClient, document: dict[str, Any], *, token: str | None, examples: int) -> dict[str, list[int]]:
    headers = bearer(token)
    api.post(STUDIES, json=document, headers=headers)
    found = {}
    for operation in operations(described(api, token)):
        found[f"{operation.method} {operation.path}"] = fuzz(api, operation, examples=examples, headers=headers)
    return found


def test_generated_requests_with_a_token(locked: TestClient, document: dict[str, Any]) -> None:
    found = _run(locked, document, token=TOKEN, examples=3)
    assert found.keys() == {name for name in documented(described(locked, TOKEN)) if not name.endswith("/events")}
    assert any(status < 300 for statuses in found.values() for status in statuses)


@pytest.fixture
def unhurried(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A client of an application that needs a token, and takes any number of wrong ones."""
    guarded = Settings(
        database_url=settings.database_url, token=TOKEN, guesses_per_minute=1_000_000, tick_seconds=3600.0
    )
    with TestClient(
        create_app(guarded, database), base_url="http://127.0.0.1:8000", raise_server_exceptions=False
    ) as client:
        yield client


def test_generated_requests_without_a_token_are_all_refused(unhurried: TestClient) -> None:
    """Those with a token among them are made up."""
    spec = described(unhurried, TOKEN)
    opened = {"/healthz", "/readyz", "/version", "/login"}
    refused = set()
    for operation in operations(spec, streams=True):
        if operation.path not in opened:
            statuses = set(fuzz(unhurried, operation, examples=2, headers={}))
            assert statuses == {401}, operation.path
            refused.add(f"{operation.method} {operation.path}")
    assert {name.partition(" ")[2] for name in documented(spec) - refused} == opened


@pytest.mark.slow
def test_many_generated_requests(settings: Any, database: Any, document: dict[str, Any]) -> None:
    patient = settings.model_copy(update={"writes_per_minute": 1_000_000})
    with TestClient(
        create_app(patient, database), base_url="http://127.0.0.1:8000", raise_server_exceptions=False
    ) as api:
        found = _run(api, document, token=None, examples=150)
    assert sum(map(len, found.values())) > 2000


def test_answers_fit_their_documented_shape(api: TestClient, measured: str) -> None:
    spec = api.get("/api/v1/openapi.json").json()
    checked = 0
    for template, methods in spec["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema and "{kind}" not in template and "{form}" not in template:
            path = template.replace("/catalogue/{name}", "/catalogue/quickstart").replace("{name}", measured)
            answer = api.get(path)
            if path.endswith("/comparison"):  # of a study of another design: tests/service/routes/test_comparison.py
                assert answer.status_code == 404
                continue
            body = answer.json()
            validator = Draft202012Validator({**schema, "components": spec["components"]})
            assert [error.message for error in validator.iter_errors(body)] == [], path
            checked += 1
    assert checked >= 9


def test_a_study_that_an_earlier_release_stored_fits_its_documented_shape(api: TestClient, database: Database) -> None:
    spec = restored({**load("quickstart").model_dump(mode="json"), "name": "old", "title": "a\x1b[31mb\u202ec"})
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    document = api.get("/api/v1/openapi.json").json()
    shape = {"$ref": "#/components/schemas/StudyDetail", "components": document["components"]}
    body = api.get(f"{STUDIES}/old").json()
    assert "\x1b" in body["spec"]["title"]
    assert not list(Draft202012Validator(shape).iter_errors(body))


@pytest.mark.parametrize("more", [None, 1])
@pytest.mark.parametrize("until_decided", [None, True, False])
@pytest.mark.parametrize("max_runs", [None, 500])
def test_the_document_allows_the_extensions_that_are_clear(
    api: TestClient, more: int | None, until_decided: bool | None, max_runs: int | None
) -> None:
    document = api.get("/api/v1/openapi.json").json()
    shape = {"$ref": "#/components/schemas/ExtendIn", "components": document["components"]}
    full = {"more": more, "until_decided": until_decided, "max_runs": max_runs}
    for body in full, {name: value for name, value in full.items() if value is not None}:
        clear = api.post(f"{STUDIES}/nobody/extend", json=body).status_code == 404
        assert Draft202012Validator(shape).is_valid(body) == clear


def test_openapi_documents_every_route_with_its_problems(api: TestClient) -> None:
    app = api.app
    assert isinstance(app, FastAPI)
    document = app.openapi()
    ids = [op["operationId"] for path in document["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids)) >= 28
    submit = document["paths"][STUDIES]["post"]
    assert {"200", "201", "401", "403", "409", "413", "415", "422", "503"} <= submit["responses"].keys()
    assert "application/problem+json" in resolved(document, submit["responses"]["422"])["content"]
    example = resolved(document, submit["requestBody"]["content"]["application/json"]["examples"]["quickstart"])
    assert example["value"]["name"] == "quickstart"
    assert {"ProblemDetails", "FieldError", "StudySpec", "StudyDetail", "LabelledVerdict", "JudgedTable"} <= document[
        "components"
    ]["schemas"].keys()


def test_open_paths_say_so_and_refusals_are_problems(locked: TestClient) -> None:
    spec = described(locked, TOKEN)
    described_as_open = set()
    for path, methods in spec["paths"].items():
        for operation in methods.values():
            if operation.get("security") == []:
                described_as_open.add(path)
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert resolved(spec, answer)["content"].keys() == {"application/problem+json"}, (path, status)
    assert described_as_open == OPEN_PATHS
