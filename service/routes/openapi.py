"""The OpenAPI document of the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request

router = APIRouter(tags=["catalogue"])


@router.get("/openapi.json", operation_id="getOpenApi")
def get_openapi(request: Request) -> dict[str, Any]:
    """The OpenAPI document of this API."""
    app: FastAPI = request.app
    return app.openapi()
