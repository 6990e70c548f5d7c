"""What the OpenAPI document says once, and that it is whole however many ask for it at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_fuzz import resolved
from pydantic import ValidationError

from service.app import create_app
from service.lease_bodies import RunIn
from service.problems import documented
from service.settings import Settings
from studies.language.spec import json_schema
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
    written = [parameter for each in _operations(document) for parameter in each.get("parameters", [])]
    inline = Counter(json.dumps(parameter) for parameter in written if "$ref" not in parameter)
    repeated = {json.loads(parameter)["name"] for parameter, count in inline.items() if count > 1}
    assert repeated <= document["components"]["parameters"].keys()  # others of the name are more
    assert inline.total() < len(written) / 2
    parameters = [resolved(document, parameter) for parameter in written]
    assert all("name" in parameter and "in" in parameter for parameter in parameters)
    assert sum("description" in parameter for parameter in parameters) > 20
    for parameter in parameters:
        assert parameter["schema"].get("description") != parameter.get("description", ""), parameter["name"]


def test_a_title_says_more_than_the_name_below_it(document: dict[str, Any]) -> None:
    members = document["components"]["schemas"]["StudySummary"]["properties"]
    assert members.keys() >= {"name", "title", "revision"}
    assert not [name for name, member in members.items() if "title" in member]
    assert document["components"]["schemas"]["StudySummary"]["title"] == "StudySummary"


@pytest.mark.parametrize("claim", ["golden", {}, {"eta": 0.1, "alpha": 0.5}, "silver", None, {"beta": 1}])
def test_the_claims_of_a_study_are_those_of_the_study_language(document: dict[str, Any], claim: Any) -> None:
    shape = {"$ref": "#/components/schemas/StudySpec", "components": document["components"]}
    study = {"name": "x", "claim": claim}
    assert Draft202012Validator(shape).is_valid(study) == Draft202012Validator(json_schema()).is_valid(study)


def test_the_end_of_a_run_is_its_value_or_that_it_diverged(document: dict[str, Any]) -> None:
    shape = {"$ref": "#/components/schemas/RunIn", "components": document["components"]}
    for run, acceptable in (
        ({"run": 0, "value": 0.5}, True),
        ({"run": 0, "outcome": "diverged"}, True),
        ({"run": 0, "outcome": "diverged", "value": None}, True),
        ({"run": 0}, False),
        ({"run": 0, "value": None}, False),
        ({"run": 0, "outcome": "trained"}, False),
    ):
        assert Draft202012Validator(shape).is_valid(run) == acceptable, run
        assert _is_taken(run) == acceptable, run


def _is_taken(run: dict[str, Any]) -> bool:
    try:
        RunIn.model_validate(run)
    except ValidationError:
        return False
    return True
