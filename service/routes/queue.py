"""The queue: what waits to be trained, in which order and why, and what is held by whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from service.dependencies import DatabaseDep
from service.problems import documented
from service.queue_bodies import SHOWN, Queue
from service.queue_order import read_queue
from service.response_cache import conditional
from service.schemas import Whole

Listed = Annotated[int, Field(ge=1, le=1000, description="studies that are listed"), Whole]

router = APIRouter(prefix="/queue", tags=["workers"])


@router.get("", operation_id="getQueue", responses={200: {"model": Queue}, **documented(422)})
def get_queue(request: Request, db: DatabaseDep, limit: Listed = SHOWN) -> Response:
    """Studies with waiting trials in the order in which they are taken, each with its reason, and who holds what.

    Workers and programs of the user's take different trials, so places are counted for each of the two.
    """
    found = read_queue(db, limit=limit)
    return conditional(request, revision=found, build=found.model_dump_json().encode)
