"""Event streams that report new revisions, so that a client knows when to fetch again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from service.dependencies import DatabaseDep, EventStreamsDep, StudyName
from service.problems import documented
from studies.storage import overview

router = APIRouter(tags=["events"])
LastEventId = Annotated[str | None, Header(max_length=100, description="sent by browsers when they reconnect")]
_EXAMPLE = "event: revision\ndata: 17\nid: 17\nretry: 3000\n\n"
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "A stream", "content": {"text/event-stream": {"example": _EXAMPLE}}}
}


def existing_study(name: StudyName, db: DatabaseDep, streams: EventStreamsDep) -> str:
    """The name of a study that exists and may have one more listener; checked before the stream begins.

    Raises:
        StudyNotFoundError: there is no such study.
        ProblemError: 503, too many streams are open.
    """
    streams.require_room()
    overview.revision(db, name)
    return name


def require_room(streams: EventStreamsDep) -> None:
    """Check that one more stream may be opened, before it begins.

    Raises:
        ProblemError: 503, too many streams are open.
    """
    streams.require_room()


@router.get(
    "/studies/{name}/events",
    operation_id="watchStudy",
    response_class=EventSourceResponse,
    responses={**_STREAM, **documented(404, 503)},
)
async def watch_study(
    name: Annotated[str, Depends(existing_study)], streams: EventStreamsDep, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """`revision` whenever the study changed, `gone` when it was deleted. A stream carries no more than that number."""
    async for event in streams.of_study(name, known=_number(last_event_id)):
        yield event


@router.get(
    "/events",
    operation_id="watchStudies",
    response_class=EventSourceResponse,
    responses={**_STREAM, **documented(503)},
    dependencies=[Depends(require_room)],
)
async def watch_studies(streams: EventStreamsDep, last_event_id: LastEventId = None) -> AsyncIterator[ServerSentEvent]:
    """`revision` whenever a study was changed, submitted or deleted."""
    async for event in streams.of_all(known=_number(last_event_id)):
        yield event


def _number(last_event_id: str | None) -> int | None:
    return int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
