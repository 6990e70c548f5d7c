"""The schema describes what is accepted."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient


def test_schema_describes_what_is_accepted(api: TestClient, document: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(api.get("/api/v1/schema").json())
    assert not list(validator.iter_errors(document))
    assert list(validator.iter_errors({**document, "admin": True}))
