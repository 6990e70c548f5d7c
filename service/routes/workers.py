"""Worker processes: a list of them, and the request to one to stop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from service.dependencies import DatabaseDep
from service.problems import ProblemError, documented
from service.schemas import Drained, WorkerList
from studies.storage import workers

router = APIRouter(prefix="/workers", tags=["workers"])


@router.get("", operation_id="listWorkers")
def list_workers(db: DatabaseDep) -> WorkerList:
    """Workers with their device, speed, memory and what they train at present."""
    return WorkerList(items=list(workers.list_workers(db)))


@router.post("/{name}/drain", status_code=202, operation_id="drainWorker", responses=documented(404, 422))
def drain_worker(
    name: Annotated[str, Path(max_length=200, pattern=r"^[\x21-\x7e]+$", examples=["host-4711-cpu"])], db: DatabaseDep
) -> Drained:
    """Ask a worker to finish what it holds and stop; it learns of it at its next heartbeat."""
    if not workers.request_drain(db, name):
        raise ProblemError(404, "worker-not-found", f"no worker is named {name!r}; `golden workers` lists them")
    return Drained(worker=name)
