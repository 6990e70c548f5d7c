"""The reference of the HTTP API: every request and every body of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.manual_builder.fields import described, escaped, section, shape

INTRO = """# HTTP API: every request

This page is made from the OpenAPI document that the service answers at `/api/v1/openapi.json` and that
`golden schema --openapi` prints. [The guide](../api.md) says how requests, answers, tokens and cursors work.
"""
Document = Mapping[str, Any]


def page(document: Document) -> str:
    """The page for an OpenAPI document."""
    return "\n".join([INTRO, *_lines(document)])


def _lines(document: Document) -> Iterator[str]:
    yield from ("## Requests", "")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(method.upper(), path, _resolved(operation, document))
    yield from ("## Bodies", "")
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from section(name, schema)


def _resolved(operation: Document, document: Document) -> Document:
    """An operation with what it shares with others written out: parameters, body and answers. Schemas stay links."""
    return {
        **operation,
        "parameters": [_target(each, document) for each in operation.get("parameters", ())],
        "requestBody": _target(operation.get("requestBody", {}), document),
        "responses": {status: _target(each, document) for status, each in operation["responses"].items()},
    }


def _target(part: Document, document: Document) -> Document:
    """What a reference leads to; a part that is no reference as it is."""
    while "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def _operation(method: str, path: str, operation: Document) -> Iterator[str]:
    yield from (f"### `{method} {path}`", "")
    yield from described(str(operation.get("description", operation.get("summary", ""))))
    parameters = operation.get("parameters", ())
    if parameters:
        yield from ("| parameter | in | value | meaning |", "|---|---|---|---|")
        for each in parameters:
            text = escaped(str(each.get("description") or each["schema"].get("description", "")))
            needed = ", required" if each.get("required") else ""
            yield f"| `{each['name']}` | {each['in']}{needed} | {shape(each['schema'])} | {text} |"
        yield ""
    bodies = _contents(operation.get("requestBody", {}))
    if bodies:
        yield from (f"Body: {bodies}.", "")
    answers = [_answer(status, each) for status, each in sorted(operation["responses"].items()) if status < "4"]
    refused = [status for status in sorted(operation["responses"]) if status >= "4"]
    yield from (f"Answers: {'; '.join(answers)}. Refusals: {', '.join(refused) or 'none'}.", "")


def _answer(status: str, answer: Document) -> str:
    contents = _contents(answer)
    return f"{status} {escaped(str(answer.get('description', '')))}{f', {contents}' if contents else ''}".strip()


def _contents(holder: Document) -> str:
    """Media types of a body with the shape of each."""
    shown = []
    for media, each in holder.get("content", {}).items():
        schema = each.get("schema") or {}
        shown.append(f"`{media}`: {shape(schema)}" if _has_shape(schema) else f"`{media}`")
    return ", ".join(shown)


def _has_shape(schema: Document) -> bool:
    return bool({"$ref", "anyOf", "oneOf", "allOf", "type"} & schema.keys()) and schema.get("type") != "string"
