"""Study documents and query parameters that cannot be accepted: each is refused with the field that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Query
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from problem_documents import assert_problem
from route_walk import registered

from service.dependencies import refuse_repeated_parameters
from service.problems import install

STUDIES = "/api/v1/studies"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"   ", 422),
        (b"{", 422),
        (b'{"name": "x",}', 422),
        (b'{"name": "\xff"}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"3", 422),
        (b'"text"', 422),
        (b'{"name": "x", "name": "y"}', 422),
        (b'{"name": "x", "seed": NaN}', 422),
        (b'{"name": "x", "search_space": {"eta": {"low": 1e999}}}', 422),
        (b"[" * 100_000, 422),
        (b'{"name": "x\\u0000"}', 422),
        (b'{"name": "x", "title": "a\\u0000b"}', 422),
        (b'{"name": "x", "title": "\\ud800"}', 422),
        (b'{"a": ' + b"9" * 5000 + b"}", 422),
    ],
)
def test_malformed_bodies(unchanged_api: TestClient, content: bytes, status: int) -> None:
    assert_problem(unchanged_api.post(STUDIES, content=content, headers=JSON), status)
    assert_problem(unchanged_api.post(f"{STUDIES}/preview", content=content, headers=JSON), status)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"admin": True}, "admin"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 600}, "name"),
        ({"name": "../x"}, "name"),
        ({"name": "<img src=x onerror=alert(1)>"}, "name"),
        ({"name": "'; DROP TABLE trials;--"}, "name"),
        ({"title": "rtl \u202e override"}, "title"),
        ({"losses": []}, "losses"),
        ({"losses": ["os.system"]}, "losses.0"),
        ({"seed": True}, "seed"),
        ({"seed": "5"}, "seed"),
        ({"seed": 5.0}, "seed"),
        ({"seed": -1}, "seed"),
        ({"search_space": {"eta": {"low": 1.0, "high": 0.1}}}, "search_space.eta"),
        ({"search_space": {"eta": {"low": 0.0}}}, "search_space.eta.low"),
        ({"search_space": {"alpha": {"high": 1.0}}}, "search_space.alpha.high"),
        ({"claim": {"eta": -0.1}}, "claim.eta"),
        ({"design": {"kind": "search", "trials": 10**9}}, "design.trials"),
        ({"design": {"kind": "search", "sampler": "import"}}, "design.sampler"),
        ({"contexts": [{"dataset": "/etc/passwd"}]}, "contexts.0.dataset"),
        ({"schema_version": 4}, "schema_version"),
    ],
)
def test_unacceptable_studies_name_the_field(
    unchanged_api: TestClient, document: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    body = assert_problem(unchanged_api.post(STUDIES, json={**document, **change}), 422)
    assert field in [error["field"] for error in body["errors"]]
    assert unchanged_api.get(STUDIES).json()["items"] == []


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/yaml", ""])
def test_other_media_types(unchanged_api: TestClient, document: dict[str, Any], media_type: str) -> None:
    content = json.dumps(document).encode()
    assert_problem(unchanged_api.post(STUDIES, content=content, headers={"Content-Type": media_type}), 415)


def test_compressed_bodies(unchanged_api: TestClient) -> None:
    assert_problem(unchanged_api.post(STUDIES, content=b"x", headers={**JSON, "Content-Encoding": "gzip"}), 415)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=abc",
        "limit=1e3",
        "cursor=%00",
        "cursor=nonsense",
        "cursor=W10",
        "cursor=" + "A" * 300,
        "state=values;--",
        "stat=running",
        "limit=5&sort=name",
    ],
)
def test_bad_queries(unchanged_api: TestClient, query: str) -> None:
    assert_problem(unchanged_api.get(f"{STUDIES}?{query}"), 422)


@pytest.mark.parametrize(
    "path",
    [
        f"{STUDIES}?limit=1&limit=2",
        f"{STUDIES}?limit=1&%6cimit=1",
        f"{STUDIES}/none/trials?sweep=a@b&sweep=a@b",
        f"{STUDIES}/none/verdict?objective=error&objective=error",
        "/api/v1/openapi.json?x=1&x=1",
        "/healthz?limit=1&limit=1",
        "/login?code=x&code=y",
        "/?state=running&state=failed",
        "/studies/none?cursor=a&cursor=b",
        "/submit?from=quickstart&from=table-1",
    ],
)
def test_a_parameter_given_twice(unchanged_api: TestClient, path: str) -> None:
    body = assert_problem(unchanged_api.get(path), 422)
    assert body["errors"][0]["message"] == "is given more than once; keep one"


def test_a_list_may_have_several_values() -> None:
    app = FastAPI(dependencies=[Depends(refuse_repeated_parameters)])
    install(app)

    @app.get("/")
    def answer(
        names: Annotated[list[str], Query()], more: Annotated[list[int] | None, Query()] = None, one: int = 0
    ) -> int:
        return len(names) + len(more or []) + one

    with TestClient(app) as client:
        assert client.get("/?names=a&names=b&more=1&more=2&one=3").json() == 7
        assert_problem(client.get("/?names=a&one=1&one=2"), 422)


@pytest.mark.parametrize("path", ["/api/v1/openapi.json?x=1", "/version?x=1", "/login?code=x&cod=y", "/metrics?x=1"])
def test_every_documented_route_refuses_unknown_parameters(api: TestClient, path: str) -> None:
    assert_problem(api.get(path), 422)


@pytest.mark.parametrize("number", ["1_0", "%EF%BC%91", "10.0", "%2B10", " 10", "0x10", "1e1", "9" * 5_000])
def test_whole_numbers_are_written_in_digits(api: TestClient, number: str) -> None:
    body = assert_problem(api.get(f"{STUDIES}?limit={number}"), 422)
    assert body["errors"] == [{"field": "limit", "message": "must be a whole number in the digits 0 to 9"}]
    for path in (f"/studies/none/trials/golden@paper/{number}", f"{STUDIES}/none/audit?limit={number}"):
        assert api.get(path).status_code == 422


def test_no_dependency_costs_a_thread(unchanged_api: TestClient) -> None:
    """FastAPI runs what is not async in a thread, which costs a request more than most dependencies do."""
    routes = [route for _, route in registered(unchanged_api.app.routes) if isinstance(route, APIRoute)]  # type: ignore[attr-defined]
    calls = {call for route in routes for call in dependencies_of(route.dependant)}
    assert {call.__name__ for call in calls} >= {"database", "verdict_cache", "study_in_path", "caller", "place"}
    assert [call for call in calls if not (iscoroutinefunction(call) or isasyncgenfunction(call))] == []


def dependencies_of(dependant: Dependant) -> Iterator[Any]:
    """The functions that are called before a route's own."""
    for each in dependant.dependencies:
        yield each.call
        yield from dependencies_of(each)
