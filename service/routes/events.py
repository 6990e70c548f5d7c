"""Event streams that tell when to fetch again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from service.dependencies import DatabaseDep, FeedDep, StudyName
from service.problems import documented
from studies.storage import overview

router = APIRouter(tags=["events"])
LastEventId = Annotated[str | None, Header(max_length=100, description="sent by browsers when they reconnect")]
_EXAMPLE = "event: revision\ndata: 17\nid: 17\nretry: 3000\n\n"
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "A stream", "content": {"text/event-stream": {"example": _EXAMPLE}}}
}


def existing_study(name: StudyName, db: DatabaseDep, feed: FeedDep) -> str:
    """The name of a study that exists, told before the stream begins."""
    feed.admit()
    overview.revision(db, name)
    return name


def room(feed: FeedDep) -> None:
    """Refuse a listener too many before the stream begins."""
    feed.admit()


@router.get(
    "/studies/{name}/events",
    operation_id="watchStudy",
    response_class=EventSourceResponse,
    responses={**_STREAM, **documented(404, 503)},
)
async def watch_study(
    name: Annotated[str, Depends(existing_study)], feed: FeedDep, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """`revision` whenever the study changed, `gone` when it was deleted. A stream carries no more than that number."""
    async for event in feed.of_study(name, known=_number(last_event_id)):
        yield event


@router.get(
    "/events",
    operation_id="watchStudies",
    response_class=EventSourceResponse,
    responses={**_STREAM, **documented(503)},
    dependencies=[Depends(room)],
)
async def watch_studies(feed: FeedDep, last_event_id: LastEventId = None) -> AsyncIterator[ServerSentEvent]:
    """`revision` whenever any study changed, came or went."""
    async for event in feed.of_all(known=_number(last_event_id)):
        yield event


def _number(last_event_id: str | None) -> int | None:
    return int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
