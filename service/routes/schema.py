"""The JSON Schema of a study document, and the OpenAPI document of the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from studies.language.spec import json_schema

router = APIRouter(tags=["catalogue"])


@router.get("/schema", operation_id="getStudySchema")
def get_schema() -> dict[str, Any]:
    """JSON Schema of a study document, for editors and forms."""
    return json_schema()


@router.get("/openapi.json", include_in_schema=False)
def get_openapi(request: Request) -> JSONResponse:
    """The OpenAPI document."""
    app: FastAPI = request.app
    return JSONResponse(app.openapi())
