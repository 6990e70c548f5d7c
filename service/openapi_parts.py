"""What the OpenAPI document says that FastAPI cannot know, and what it says once that FastAPI repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from threading import Lock
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from service.lease_bodies import BODIES
from service.problems import ProblemDetails, documented
from service.schemas import ExtendIn
from studies.foreign.judgement import TrialTable

SCHEMAS = "#/components/schemas/"
RESPONSES = "#/components/responses/"
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
    bodies: tuple[type[BaseModel], ...] = (ProblemDetails, ExtendIn, TrialTable, *BODIES)
    for model in bodies:
        schema = model.model_json_schema(ref_template=SCHEMAS + "{model}")
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas[model.__name__] = schema
    schemas["StudyDetail"]["properties"]["spec"] = {"anyOf": [{"$ref": f"{SCHEMAS}StudySpec"}, EARLIER]}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for operation in _operations(document):
        if "422" in operation["responses"]:  # FastAPI describes a form of its own where a route describes none
            operation["responses"]["422"] = documented(422)[422]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _shorten(document: dict[str, Any]) -> None:
    """Keep each refusal once, among the components, and no text that stands beside itself."""
    responses = document["components"].setdefault("responses", {})
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            if response == documented(int(status))[int(status)]:
                name = _component(int(status))
                responses[name] = response
                operation["responses"][status] = {"$ref": RESPONSES + name}
        for parameter in operation.get("parameters", []):
            _untitle({"properties": {parameter["name"]: parameter["schema"]}})
            if parameter["schema"].get("description") == parameter.get("description"):
                parameter["schema"].pop("description", None)
    for schema in document["components"]["schemas"].values():
        _untitle(schema)


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
