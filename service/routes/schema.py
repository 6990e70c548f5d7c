"""The JSON Schema of a study document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from studies.language.spec import json_schema

router = APIRouter(tags=["catalogue"])


@router.get("/schema", operation_id="getStudySchema")
def get_schema() -> dict[str, Any]:
    """JSON Schema of a study document, for editors and forms."""
    return json_schema()
