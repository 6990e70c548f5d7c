"""The page that lists the requests of the API, made from the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Operation:
    """One request: method, path, and the first sentence of its description."""

    method: str
    path: str
    summary: str


def operations(app: FastAPI) -> list[Operation]:
    """Every documented request, in the order of the document."""
    return [
        Operation(method.upper(), path, str(found.get("description", found["summary"])).partition("\n")[0])
        for path, methods in app.openapi()["paths"].items()
        for method, found in methods.items()
    ]
