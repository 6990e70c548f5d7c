"""What the OpenAPI document says that FastAPI cannot know, and what it says once that FastAPI repeats."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from http import HTTPStatus
from threading import Lock
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from service.lease_bodies import BODIES
from service.problems import ProblemDetails, documented
from service.schemas import EditIn, ExtendIn
from studies.foreign.judgement import TrialTable
from studies.language.spec import json_schema

COMPONENTS = "#/components/"
SCHEMAS = f"{COMPONENTS}schemas/"
EARLIER = {
    "type": "object",
    "required": ["schema_version", "name"],
    "title": "EarlierStudy",
    "description": "a document that an earlier release stored under fewer rules: it is answered as it is",
}


def describe(app: FastAPI) -> None:
    """Let the application's document be the complete one; it is made once, when it is first asked for."""
    app.openapi = _once(app.openapi)  # type: ignore[method-assign]


def _once(generate: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    lock, made = Lock(), list[dict[str, Any]]()

    def openapi() -> dict[str, Any]:
        with lock:  # FastAPI gives every caller the same dictionary, which nobody may see half changed
            if not made:
                document = generate()
                _complete(document)
                _shorten(document)
                made.append(document)
        return made[0]

    return openapi


def _complete(document: dict[str, Any]) -> None:
    """Add the schemas of problems and of bodies that routes read themselves, and the use of tokens."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    bodies: tuple[type[BaseModel], ...] = (ProblemDetails, EditIn, ExtendIn, TrialTable, *BODIES)
    for model in bodies:
        schema = model.model_json_schema(ref_template=SCHEMAS + "{model}")
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas[model.__name__] = schema
    schemas["StudySpec"] = _study_schema(schemas["StudySpec"])
    schemas["StudyDetail"]["properties"]["spec"] = {"anyOf": [{"$ref": f"{SCHEMAS}StudySpec"}, EARLIER]}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for operation in _operations(document):
        if "422" in operation["responses"]:  # FastAPI describes a form of its own where a route describes none
            operation["responses"]["422"] = documented(422)[422]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _study_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of study documents with the claim that has a name.

    What the language says of several fields together is left out: few programs that read OpenAPI can follow it.
    """
    claim = json.loads(json.dumps(json_schema()["properties"]["claim"]).replace("#/$defs/", SCHEMAS))
    more = "`GET /api/v1/schema` is its full JSON Schema, which says what goes together, too."
    described = f"{schema['description']}\n\n{more}"
    return {**schema, "description": described, "properties": {**schema["properties"], "claim": claim}}


def _shorten(document: dict[str, Any]) -> None:
    """Keep among the components, once, what operations share, and no text that stands beside itself."""
    components = document["components"]
    operations = list(_operations(document))
    components["responses"] = _shared_refusals(operations)
    components["examples"] = _shared_examples(operations)
    components["parameters"] = _shared_parameters(operations)
    for schema in components["schemas"].values():
        _untitle(schema)


def _shared_refusals(operations: list[dict[str, Any]]) -> dict[str, Any]:
    shared = {}
    for responses in (operation["responses"] for operation in operations):
        for status, response in responses.items():
            if response == documented(int(status))[int(status)]:
                name = _component(int(status))
                shared[name] = response
                responses[status] = {"$ref": f"{COMPONENTS}responses/{name}"}
    return shared


def _shared_examples(operations: list[dict[str, Any]]) -> dict[str, Any]:
    shared: dict[str, Any] = {}
    bodies = (operation.get("requestBody", {}).get("content", {}) for operation in operations)
    for media, content in (item for body in bodies for item in body.items()):
        for name, example in content.get("examples", {}).items():
            key = f"{name}.{media.rpartition('/')[2]}"
            if shared.setdefault(key, example) == example:
                content["examples"][name] = {"$ref": f"{COMPONENTS}examples/{key}"}
    return shared


def _shared_parameters(operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Parameters that several operations have; of those with one name, the one that most have."""
    places = [operation["parameters"] for operation in operations if "parameters" in operation]
    for parameter in (each for place in places for each in place):
        _untitle({"properties": {parameter["name"]: parameter["schema"]}})
        if parameter["schema"].get("description") == parameter.get("description"):
            parameter["schema"].pop("description", None)
    counts = Counter(json.dumps(each) for place in places for each in place)
    shared: dict[str, Any] = {}
    for text, count in counts.most_common():
        if count > 1:
            parameter = json.loads(text)
            shared.setdefault(parameter["name"], parameter)
    for place in places:
        place[:] = [
            {"$ref": f"{COMPONENTS}parameters/{each['name']}"} if shared.get(each["name"]) == each else each
            for each in place
        ]
    return shared


def _component(status: int) -> str:
    """A name for the answer: TooManyRequests, say."""
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _untitle(schema: Any) -> None:
    """Take away the titles of members that repeat the member's name."""
    if isinstance(schema, list):
        for part in schema:
            _untitle(part)
    if not isinstance(schema, dict):
        return
    members = schema.get("properties")
    for name, member in members.items() if isinstance(members, dict) else ():
        if isinstance(member, dict) and member.get("title") == _as_title(name):
            del member["title"]
    for part in schema.values():
        _untitle(part)


def _as_title(name: str) -> str:
    """The title that pydantic and FastAPI make of a name."""
    return name.replace("_", " ").replace("-", " ").title()


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()
