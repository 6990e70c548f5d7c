"""What the OpenAPI document says once, and that it is whole however many ask for it at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openapi_fuzz import resolved

from service.app import create_app
from service.problems import documented
from service.settings import Settings
from studies.storage.engine import open_database


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    db = open_database("sqlite:////tmp/none.db")
    ask = create_app(Settings.model_construct(), db).openapi
    with ThreadPoolExecutor(8) as threads:
        documents = list(threads.map(lambda _: ask(), range(8)))
    db.dispose()
    assert all(each is documents[0] for each in documents)
    return documents[0]


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def test_a_refusal_is_described_once(document: dict[str, Any]) -> None:
    seen = set()
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response.keys() == {"$ref"}, (operation["operationId"], status)
                assert resolved(document, response) == documented(int(status))[int(status)]
                seen.add(response["$ref"].rpartition("/")[2])
    assert seen == document["components"]["responses"].keys()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))
    assert len(references) > 300
    for reference in references:
        assert isinstance(resolved(document, {"$ref": reference}), dict), reference


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        yield from _references(each)


def test_no_parameter_is_described_twice(document: dict[str, Any]) -> None:
    parameters = [parameter for each in _operations(document) for parameter in each.get("parameters", [])]
    assert sum("description" in parameter for parameter in parameters) > 20
    for parameter in parameters:
        assert parameter["schema"].get("description") != parameter.get("description", ""), parameter["name"]


def test_a_title_says_more_than_the_name_below_it(document: dict[str, Any]) -> None:
    members = document["components"]["schemas"]["StudySummary"]["properties"]
    assert members.keys() >= {"name", "title", "revision"}
    assert not [name for name, member in members.items() if "title" in member]
    assert document["components"]["schemas"]["StudySummary"]["title"] == "StudySummary"
