"""The dependencies of routes: the database, the caller, a study's name and document, the check of query parameters.

All are async, most although they await nothing: FastAPI runs each of the others in a thread, which costs more than what
these do.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Annotated, Any, get_args, get_origin

from fastapi import Depends, Header, Path, Request
from fastapi.routing import APIRoute

from service.bodies import JSON, TOML, body_of, parsed
from service.door.caller import Caller, caller_of
from service.events import EventStreams
from service.schemas import EditIn, ExtendIn, edit_of, extension_of, study_name
from service.verdicts.cache import VerdictCache
from studies.errors import Problem, SpecError
from studies.language.spec import StudySpec, parse
from studies.language.validation import key_text
from studies.storage.engine import Database


async def database(request: Request) -> Database:
    """The application's database."""
    db: Database = request.app.state.database
    return db


async def event_streams(request: Request) -> EventStreams:
    """The application's event streams."""
    streams: EventStreams = request.app.state.event_streams
    return streams


async def verdict_cache(request: Request) -> VerdictCache:
    """The application's cache of verdicts."""
    cache: VerdictCache = request.app.state.verdict_cache
    return cache


async def study_in_path(name: Annotated[str, Path(description="the study's name", examples=["quickstart"])]) -> str:
    """The name in the address; errors as those of `study_name`."""
    return study_name(name)


async def refuse_repeated_parameters(request: Request) -> None:
    """Refuse query parameters that are given more than once, unless the route declares a list of them.

    So `/healthz` responds while every thread of the pool is busy.

    Raises:
        SpecError: with one problem for each of them.
    """
    counts = Counter(key for key, _ in request.query_params.multi_items())
    twice = [key for key, count in counts.items() if count > 1]
    lists = {name for name, annotation in _parameters(request).items() if _is_list(annotation)} if twice else set()
    if repeated := [key for key in twice if key not in lists]:
        raise SpecError([Problem(key_text(key), "is given more than once; keep one") for key in repeated])


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not have, since a misspelt filter would have no effect.

    Raises:
        SpecError: with one problem for each of them.
    """
    known = _parameters(request)
    unknown = [key for key in request.query_params if key not in known]
    if unknown:
        have = ", ".join(sorted(known)) or "none"
        raise SpecError([Problem(key_text(key), f"unknown query parameter; this route has {have}") for key in unknown])


def _parameters(request: Request) -> dict[str, Any]:
    """The query parameters of the request's route with their annotations."""
    route = request.scope.get("route")
    fields = route.dependant.query_params if isinstance(route, APIRoute) else []
    return {field.alias: field.field_info.annotation for field in fields}


def _is_list(annotation: Any) -> bool:
    """True for `list[str]`, and for unions with it."""
    return get_origin(annotation) in (list, set, tuple) or any(map(_is_list, get_args(annotation)))


async def study_document(request: Request) -> StudySpec:
    """The study in the request's body, JSON or TOML.

    Raises:
        ProblemError: 415, the body is in neither form, or it is compressed.
        SpecError: the document is not acceptable.
    """
    body = await body_of(request, "the study", JSON, TOML)
    return await parsed(request, partial(parse, form="toml" if body.media == TOML else "json"), body.content)


async def extension_wanted(request: Request) -> ExtendIn:
    """The extension in the request's body; errors as those of `study_document`."""
    body = await body_of(request, "the extension", JSON)
    return await parsed(request, extension_of, body.content)


async def edit_wanted(request: Request) -> EditIn:
    """The change of notes, tags or priority in the request's body; errors as those of `study_document`."""
    body = await body_of(request, "the change", JSON)
    return await parsed(request, edit_of, body.content)


async def caller(request: Request) -> Caller:
    """The caller of a request that the gate let in."""
    return caller_of(request)


CallerDep = Annotated[Caller, Depends(caller)]
DatabaseDep = Annotated[Database, Depends(database)]
StudyName = Annotated[str, Depends(study_in_path)]
EditWanted = Annotated[EditIn, Depends(edit_wanted)]
ExtensionWanted = Annotated[ExtendIn, Depends(extension_wanted)]
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
