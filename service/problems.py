"""Errors as RFC 9457 `application/problem+json`: one shape, one table from error to status, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from service.export import ParquetMissingError
from studies.errors import (
    MOST_LISTED,
    DatasetMissingError,
    DuplicateStudyError,
    GoldenError,
    IdempotencyConflictError,
    LeaseLostError,
    NoComparisonError,
    NotSubmitterError,
    NoVerdictError,
    Problem,
    ProblemList,
    SchemaError,
    SpecError,
    StateError,
    StorageError,
    StorageUnavailableError,
    StudyNotFoundError,
    TrialNotFoundError,
    cut,
)
from studies.language.validation import field_path, message_of

MEDIA_TYPE = "application/problem+json"
URN = "urn:golden-study:problem:"
MOST_DETAIL = 2_000  # characters of a `detail`; with twenty problems an answer stays below 64 KiB
OPEN: dict[str, Any] = {"security": []}  # part of the OpenAPI document of a route that needs no credential
RETRY_SECONDS = 5  # how long a client is asked to wait while the database is away

# The one table: error -> (status, code). Looked up along the error's MRO, so a subclass inherits its base's answer.
STATUS: dict[type[GoldenError], tuple[int, str]] = {
    SpecError: (422, "study-not-acceptable"),
    TrialNotFoundError: (404, "trial-not-found"),
    StudyNotFoundError: (404, "study-not-found"),
    NoVerdictError: (404, "no-verdict"),
    DuplicateStudyError: (409, "study-exists"),
    IdempotencyConflictError: (422, "idempotency-key-reused"),
    NotSubmitterError: (403, "not-the-submitter"),
    StateError: (409, "state-forbids"),
    LeaseLostError: (409, "lease-lost"),
    SchemaError: (503, "schema-not-current"),
    StorageUnavailableError: (503, "database-unavailable"),
    DatasetMissingError: (503, "dataset-missing"),
    ParquetMissingError: (422, "parquet-not-installed"),
    NoComparisonError: (404, "no-comparison"),
}
_log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One field that is wrong, and the cure."""

    field: str = Field(examples=["search_space.eta"])
    message: str = Field(examples=["`low` must be below `high`, got 1.0 and 0.1"])


class ProblemDetails(BaseModel):
    """The body of every error answer (RFC 9457)."""

    type: str = Field(examples=[URN + "study-not-acceptable"])
    title: str = Field(examples=["Study not acceptable"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["search_space.eta: `low` must be below `high`, got 1.0 and 0.1"])
    errors: list[FieldError] = Field(default=[], description="the first 20 faults of the request")
    unlisted_errors: int = Field(default=0, ge=0, description="further faults that `errors` does not list")


class ProblemError(HTTPException):
    """An error of the service's own, with its stable code."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.code = code
        self.problems = tuple(problems)


def problem(
    status: int,
    code: str,
    detail: str = "",
    *,
    problems: ProblemList | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem answer of a bounded size; without a `detail` it has the first of its problems and the number of all."""
    found = problems or ProblemList()
    body = ProblemDetails(
        type=URN + code,
        title=code.replace("-", " ").capitalize(),
        status=status,
        detail=cut(detail or _summary(found), MOST_DETAIL),
        errors=[FieldError(field=field, message=text) for field, text in found.listed],
        unlisted_errors=found.unlisted,
    )
    return JSONResponse(body.model_dump(), status_code=status, headers=headers, media_type=MEDIA_TYPE)


def _summary(found: ProblemList) -> str:
    """The first problem; `errors` has the others."""
    others = found.count - 1
    return str(found.listed[0]) + (f"; and {others:,} more" if others else "")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for problem answers."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        found[status] = {"description": HTTPStatus(status).phrase, "content": content}
        if status in (429, 503):
            schema = {"type": "integer", "minimum": 1}
            found[status]["headers"] = {"Retry-After": {"schema": schema, "description": "seconds to wait"}}
    return found


def of_error(error: GoldenError) -> JSONResponse:
    """The answer to a domain error, by the table."""
    status, code = next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), (500, "internal"))
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
    if isinstance(error, SpecError):
        return problem(status, code, problems=error.problem_list, headers=headers)
    return problem(status, code, error.public, headers=headers)


def request_problems(error: RequestValidationError) -> ProblemList:
    """The problems of a request's parameters, by field."""
    errors = error.errors()
    problems = [Problem(field_path(_place(e["loc"])), message_of(e)) for e in errors[:MOST_LISTED]]
    return ProblemList.of(problems, unlisted=len(errors) - len(problems))


def install(app: FastAPI) -> None:
    """Register the handlers that turn every error into a problem answer."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[JSONResponse]]] = {
        GoldenError: _on_domain_error,
        HTTPException: _on_http_error,
        RequestValidationError: _on_invalid_request,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _on_domain_error(_: Request, error: GoldenError) -> JSONResponse:
    if isinstance(error, StorageError):
        _log.warning("database unavailable", reason=str(error))
    return of_error(error)


async def _on_http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 405:  # the router names the methods of one route only
        given = (error.headers or {}).get("Allow", "").split(", ")
        found = {method for method in (*given, *_allowed_methods(request)) if method}
        allowed = sorted(found | ({"HEAD"} if "GET" in found else set()))
        error = HTTPException(405, f"{request.method} is not possible here", {"Allow": ", ".join(allowed)})
    if error.status_code == 400 and error.__cause__ is not None:  # FastAPI's, where JSON is not even text
        return problem(422, "request-not-acceptable", "the body is not well-formed JSON in UTF-8")
    return of_http_error(error)


def of_http_error(error: HTTPException) -> JSONResponse:
    """The answer to an error that names its status itself."""
    phrase = HTTPStatus(error.status_code).phrase
    code, problems = phrase.lower().replace(" ", "-"), ProblemList()
    if isinstance(error, ProblemError):
        code, problems = error.code, ProblemList.of(error.problems)
    return problem(error.status_code, code, str(error.detail or phrase), problems=problems, headers=error.headers)


def _allowed_methods(request: Request) -> list[str]:
    """Methods that the documented routes at this path take; none where there is no such path."""
    app: FastAPI = request.app
    for template, operations in app.openapi()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, request.url.path):
            return sorted(method.upper() for method in operations)
    return []


async def _on_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    return problem(422, "request-not-acceptable", problems=request_problems(error))


def unexpected(scope: Scope, error: Exception) -> JSONResponse:
    """The answer to a defect of ours: the log has its traceback, the caller has not."""
    _log.error("unexpected error", method=scope["method"], path=scope["path"], exc_info=error)
    return problem(500, "internal", "something went wrong inside the service; its log says what")


def _place(location: Sequence[str | int]) -> Sequence[str | int]:
    """The place without the part of the request it came from, which the name already says."""
    return location[1:] if location and location[0] in {"query", "path", "header", "body"} else location
