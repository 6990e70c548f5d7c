"""Requests made from the OpenAPI document, valid ones and nonsense, and what holds for every answer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from jsonschema import Draft202012Validator
from schemathesis.generation import GenerationMode

BASE = "http://127.0.0.1:8000"
ANY_TEXT = {"type", "title", "description", "examples"}  # keys of a schema that rules no text out


def bearer(token: str | None) -> dict[str, str]:
    """Headers that carry the token, if there is one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def described(api: TestClient, token: str | None) -> dict[str, Any]:
    """The document as it is served."""
    document: dict[str, Any] = api.get("/api/v1/openapi.json", headers=bearer(token)).json()
    return document


def documented(document: dict[str, Any]) -> set[str]:
    """Every operation of the document, as "get /path"."""
    return {f"{method} {path}" for path, operations in document["paths"].items() for method in operations}


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or the component that it refers to."""
    for name in part.get("$ref", "").split("/")[1:]:
        document = document[name]
    return document if "$ref" in part else part


def operations(document: dict[str, Any], *, streams: bool = False) -> Iterator[Any]:
    """Every operation, but the streams of events unless asked for: these never end by themselves."""
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        if streams or not operation.path.endswith("/events"):
            yield operation


def unguarded(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its tokens: nonsense is made of what else a request holds."""
    bare: dict[str, Any] = json.loads(json.dumps(document))
    bare.pop("security", None)
    bare["components"].pop("securitySchemes", None)
    for path in bare["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    return bare


def choosy(operation: Any, document: dict[str, Any]) -> bool:
    """True if the document rules out any request: not where there is no input, or a name that may be any text."""
    raw = operation.definition.raw
    schemas = [resolved(document, parameter)["schema"] for parameter in raw.get("parameters", [])]
    anything = all(schema.get("type") == "string" and schema.keys() <= ANY_TEXT for schema in schemas)
    return "requestBody" in raw or not anything


def check(operation: Any, answer: Any) -> None:
    """Asserts of every answer to every request, however odd."""
    status = answer.status_code
    where = f"{operation.method.upper()} {operation.path} -> {status}"
    assert status < 500, (where, answer.text)
    declared = operation.definition.raw["responses"]
    assert str(status) in declared or status in {304, 404, 405, 413, 414, 415, 421, 422, 431}, where
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json", where
        assert answer.json()["status"] == status
        assert answer.json()["detail"], where
        assert "Traceback" not in answer.text


def fuzz(api: TestClient, operation: Any, *, examples: int, headers: dict[str, str]) -> list[int]:
    """Sends requests that the document allows; the statuses of the answers."""
    sent: list[int] = []

    @_quietly(examples)
    @given(case=operation.as_strategy())
    def send(case: schemathesis.Case) -> None:
        answer = _send(api, case, headers)
        sent.append(answer.status_code)
        check(operation, answer)

    send()
    return sent


def fuzz_nonsense(
    api: TestClient, operation: Any, document: dict[str, Any], *, study: str, examples: int, headers: dict[str, str]
) -> list[int]:
    """Sends requests that the document rules out in one part at least; the statuses of the answers.

    None of them may be answered as if it were in order, unless what was meant as nonsense turned out as something that
    the document allows once it was written into a request: the number 5 as text, say.

    Args:
        study: one that is there; it stands in for valid names, so that the rest of a request is looked at.
    """
    sent: list[int] = []

    @_quietly(examples)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def send(case: schemathesis.Case) -> None:
        negative = {place.value for place, part in case.meta.components.items() if part.mode.is_negative}
        if "path" not in negative and "name" in case.path_parameters:
            case.path_parameters["name"] = study
        answer = _send(api, case, headers)
        sent.append(answer.status_code)
        check(operation, answer)
        if answer.status_code < 400:
            wrong = violations(case, operation.definition.raw, document)
            assert not wrong, f"{operation.method} {operation.path} -> {answer.status_code} in spite of {wrong}"

    send()
    return sent


def violations(case: schemathesis.Case, operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """Parts of a request that the document rules out."""
    found = []
    given_by = {"path": case.path_parameters, "query": case.query, "header": case.headers}
    for parameter in (resolved(document, each) for each in operation.get("parameters", [])):
        values = dict(given_by.get(parameter["in"]) or {})
        value = values.get(parameter["name"])
        validator = _validator(parameter["schema"], document)
        if value is None and parameter.get("required"):
            found.append(f"{parameter['name']} is missing")
        elif value is not None and not all(
            _fits(validator, v) for v in (value if isinstance(value, list) else [value])
        ):
            found.append(f"{parameter['name']} = {value!r}")
    content = operation.get("requestBody", {}).get("content", {})
    if case.media_type in content and not _validator(content[case.media_type]["schema"], document).is_valid(case.body):
        found.append(f"body {case.body!r}")
    return found


def _validator(schema: dict[str, Any], document: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def _fits(validator: Draft202012Validator, value: Any) -> bool:
    """True if a value is allowed as it is read from a URL or a header: as text, or as what the text spells."""
    readings: list[Any] = [str(value)]
    with contextlib.suppress(ValueError):
        readings.append(json.loads(str(value).lower()))
    return any(validator.is_valid(reading) for reading in readings)


def _send(api: TestClient, case: schemathesis.Case, headers: dict[str, str]) -> Any:
    request = case.as_transport_kwargs(base_url=BASE)
    given_headers = {**dict(request.get("headers") or {}), **headers}
    body = {key: request.get(key) for key in ("params", "json")}
    body["json"] = _at_once(body["json"])
    return api.request(request["method"], request["url"], content=request.get("data"), headers=given_headers, **body)


def _at_once(body: Any) -> Any:
    """A body whose request waits for nothing, where it may: a lease waits for up to half a minute."""
    wait = body.get("wait") if isinstance(body, dict) else None
    waits = isinstance(wait, int | float) and not isinstance(wait, bool) and 0 <= wait <= 30
    return {**body, "wait": 0} if waits else body


def _quietly(examples: int) -> Any:
    return hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
