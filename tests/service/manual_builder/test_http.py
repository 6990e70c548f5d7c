"""The reference of the API has every request and every body."""

from __future__ import annotations

import json
from pathlib import Path

from service.manual_builder.http import page

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text("utf-8"))


def test_every_request_and_body_stands_on_the_page() -> None:
    text = page(DOCUMENT)
    asked = [f"### `{method.upper()} {path}`" for path, found in DOCUMENT["paths"].items() for method in found]
    assert len(asked) > 28
    assert [each for each in asked if each not in text] == []
    assert [name for name in DOCUMENT["components"]["schemas"] if f"### {name}\n" not in text] == []


def test_what_requests_share_is_written_out() -> None:
    shared = {
        "parameters": {"Name": {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}},
        "responses": {"Gone": {"description": "It is gone"}, "Here": {"description": "It is here"}},
        "schemas": {},
    }
    operation = {
        "description": "Look.",
        "parameters": [{"$ref": "#/components/parameters/Name"}],
        "responses": {"404": {"$ref": "#/components/responses/Gone"}, "200": {"$ref": "#/components/responses/Here"}},
    }
    text = page({"paths": {"/a/{name}": {"get": operation}}, "components": shared})
    assert "| `name` | path, required | text |" in text
    assert "Answers: 200 It is here. Refusals: 404." in text
