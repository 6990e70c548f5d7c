"""Event streams that report new revisions, so that a client knows when to fetch again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from service.dependencies import EventStreamsDep, StudyName
from service.door.address import network_of
from service.door.gate import address_of
from service.events import Listener
from service.problems import documented

router = APIRouter(tags=["events"])
LastEventId = Annotated[str | None, Header(max_length=100, description="sent by browsers when they reconnect")]
_EXAMPLE = "event: revision\ndata: 17\nid: 17\nretry: 3000\n\n"
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "A stream", "content": {"text/event-stream": {"example": _EXAMPLE}}}
}


async def place(request: Request, streams: EventStreamsDep) -> AsyncIterator[Listener]:
    """A place among the open streams, taken before the stream begins and kept until it ends.

    Raises:
        ProblemError: 503, too many streams are open.
    """
    with streams.place(network_of(address_of(request.scope))) as listener:
        yield listener


async def existing_study(name: StudyName, streams: EventStreamsDep) -> str:
    """The name of a study that exists; checked before the stream begins.

    Raises:
        StudyNotFoundError: there is no such study.
    """
    await streams.require(name)
    return name


Place = Annotated[Listener, Depends(place)]


@router.get(
    "/studies/{name}/events",
    operation_id="watchStudy",
    response_class=EventSourceResponse,
    responses={**_STREAM, **documented(404, 503)},
)
async def watch_study(
    place: Place,
    name: Annotated[str, Depends(existing_study)],
    streams: EventStreamsDep,
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """`revision` whenever the study changed, `gone` when it was deleted. A stream carries no more than that number."""
    async for event in streams.of_study(name, place, known=_number(last_event_id)):
        yield event


@router.get(
    "/events",
    operation_id="watchStudies",
    response_class=EventSourceResponse,
    responses={**_STREAM, **documented(503)},
)
async def watch_studies(
    place: Place, streams: EventStreamsDep, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """`revision` whenever a study was changed, submitted or deleted."""
    async for event in streams.of_all(place, known=_number(last_event_id)):
        yield event


def _number(last_event_id: str | None) -> int | None:
    return int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
