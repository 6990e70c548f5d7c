"""Parameters of routes: the database, the caller, a study's name and document; and the check of query parameters."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Path, Request
from fastapi.routing import APIRoute

from service.door.caller import caller_of
from service.events import Feed
from service.problems import ProblemError
from service.verdicts.cache import Judge
from studies.errors import Problem, SpecError, StudyNotFoundError
from studies.language.spec import StudySpec, parse
from studies.storage.engine import Database

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
JSON, TOML = "application/json", "application/toml"


def database(request: Request) -> Database:
    """The database that the app was made with."""
    db: Database = request.app.state.database
    return db


def event_feed(request: Request) -> Feed:
    """The feed that every event stream listens to."""
    feed: Feed = request.app.state.feed
    return feed


def verdicts(request: Request) -> Judge:
    """The judge whose verdicts are kept ready."""
    judge: Judge = request.app.state.judge
    return judge


def study_name(name: Annotated[str, Path(description="the study's name", examples=["quickstart"])]) -> str:
    """A name that a study could have.

    Raises:
        StudyNotFoundError: no study can be called that; nothing was looked up.
    """
    if not SLUG.fullmatch(name):
        raise StudyNotFoundError(f"no study is called {name[:80]!r}")
    return name


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not have, since a misspelt filter would silently do nothing.

    Async, though it awaits nothing: so `/healthz` answers while every thread of the pool is busy.

    Raises:
        SpecError: names each of them.
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
        ProblemError: 415, the body is in neither form, or compressed.
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


CallerDep = Annotated[str, Depends(caller_of)]
DatabaseDep = Annotated[Database, Depends(database)]
StudyName = Annotated[str, Depends(study_name)]
StudyDocument = Annotated[StudySpec, Depends(study_document)]
JudgeDep = Annotated[Judge, Depends(verdicts)]
FeedDep = Annotated[Feed, Depends(event_feed)]
