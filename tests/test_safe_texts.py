"""Every text that anyone can send has a pattern that keeps it safe and a bound on its length, by introspection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_fuzz import resolved

from service.openapi import document
from studies.foreign.table import TrialTable
from studies.language.spec import json_schema
from studies.text import LINE_PATTERN, TEXT_PATTERN

# Patterns that admit nothing but visible ASCII, seen by their brackets and literals.
PLAIN = re.compile(r"^\^[\x21-\x7e ]*\$$")
HOSTILE = ["\x00", "\x1b[31m", "\x07", "\x7f", "\x9b", "\u202e", "\u200b", "\u200d", "\u2066", "\ufeff", "\u2028"]
# Looked up in lists of names, or compared with a secret, and never stored, logged or shown but escaped.
LOOKED_UP = {
    ("path", "name"),
    ("query", "study"),
    ("path", "sweep"),
    ("path", "worker"),
    ("path", "kind"),
    ("path", "form"),
    ("query", "pilot"),
    ("query", "code"),
    ("header", "last-event-id"),  # a number, or ignored
}


def texts(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema of every string below a node that is neither one of a list nor a date."""
    if isinstance(node, dict):
        if node.get("type") == "string" and not {"enum", "const", "format"} & node.keys():
            yield place, node
        for key, member in node.items():
            yield from texts(member, f"{place}/{key}")
    elif isinstance(node, list):
        for index, member in enumerate(node):
            yield from texts(member, f"{place}/{index}")


def unsafe(node: dict[str, Any]) -> bool:
    pattern = node.get("pattern")
    if pattern in (LINE_PATTERN, TEXT_PATTERN):
        return "maxLength" not in node
    return pattern is None or PLAIN.match(pattern) is None or any(re.search(pattern, f"a{text}b") for text in HOSTILE)


@pytest.mark.parametrize("schema", [json_schema(), TrialTable.model_json_schema()], ids=["study", "table"])
def test_every_text_of_a_document_is_safe(schema: dict[str, Any]) -> None:
    found = dict(texts(schema))
    assert len(found) > 5
    assert not {place: node for place, node in found.items() if unsafe(node)}


def test_every_text_of_a_request_is_safe() -> None:
    described = json.loads(document())
    asked: dict[str, Any] = {}
    for path, verbs in described["paths"].items():
        for verb, operation in verbs.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            reference = str(body.get("$ref", "")).rsplit("/", 1)[-1]
            asked[f"{verb} {path} body"] = described["components"]["schemas"].get(reference, {})
            for parameter in (resolved(described, each) for each in operation.get("parameters", [])):
                if (parameter["in"], parameter["name"]) not in LOOKED_UP:
                    asked[f"{verb} {path} {parameter['name']}"] = parameter["schema"]
    found = dict(texts(asked))
    assert found and not {place: node for place, node in found.items() if unsafe(node)}
