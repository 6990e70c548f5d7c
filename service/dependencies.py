"""The dependencies of routes: the database, the caller, a study's name and document, the check of query parameters."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Path, Request
from fastapi.routing import APIRoute

from service.door.caller import Caller, caller_of
from service.events import EventStreams
from service.problems import ProblemError
from service.schemas import study_name
from service.verdicts.cache import VerdictCache
from studies.errors import Problem, SpecError
from studies.language.spec import StudySpec, parse
from studies.storage.engine import Database

JSON, TOML = "application/json", "application/toml"


def database(request: Request) -> Database:
    """The application's database."""
    db: Database = request.app.state.database
    return db


def event_streams(request: Request) -> EventStreams:
    """The application's event streams."""
    streams: EventStreams = request.app.state.event_streams
    return streams


def verdict_cache(request: Request) -> VerdictCache:
    """The application's cache of verdicts."""
    cache: VerdictCache = request.app.state.verdict_cache
    return cache


def study_in_path(name: Annotated[str, Path(description="the study's name", examples=["quickstart"])]) -> str:
    """The name in the address; errors as those of `study_name`."""
    return study_name(name)


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not have, since a misspelt filter would have no effect.

    Async although it awaits nothing, so that `/healthz` responds while every thread of the pool is busy.

    Raises:
        SpecError: with one problem for each of them.
    """
    route = request.scope.get("route")
    known = {f.alias for f in route.dependant.query_params} if isinstance(route, APIRoute) else set()
    unknown = [key for key in request.query_params if key not in known]
    if unknown:
        have = ", ".join(sorted(known)) or "none"
        raise SpecError([Problem(key[:80], f"unknown query parameter; this route has {have}") for key in unknown])


async def study_document(
    request: Request, content_type: Annotated[str | None, Header(include_in_schema=False)] = None
) -> StudySpec:
    """The study in the request's body, JSON or TOML.

    Raises:
        ProblemError: 415, the body is in neither form, or it is compressed.
        SpecError: the document is not acceptable.
    """
    media = (content_type or "").partition(";")[0].strip().lower()
    if media not in {JSON, TOML}:
        raise ProblemError(
            415, "unsupported-media-type", f"send the study as {JSON} or {TOML}, got {media or 'no type'}"
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ProblemError(415, "unsupported-media-type", "send the body uncompressed")
    body = await request.body()
    if not body.strip():
        raise SpecError([Problem("", "the body is empty; send a study document")])
    return parse(body, form="toml" if media == TOML else "json")


CallerDep = Annotated[Caller, Depends(caller_of)]
DatabaseDep = Annotated[Database, Depends(database)]
StudyName = Annotated[str, Depends(study_in_path)]
StudyDocument = Annotated[StudySpec, Depends(study_document)]
VerdictCacheDep = Annotated[VerdictCache, Depends(verdict_cache)]
EventStreamsDep = Annotated[EventStreams, Depends(event_streams)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="a request that is sent again under its key, within seven days, is carried out once",
    ),
]
