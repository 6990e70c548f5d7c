"""The probes of an orchestrator, which need no credential."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import DatabaseDep
from service.problems import OPEN, documented
from service.schemas import Health, Ready
from studies.storage import workers
from studies.storage.watch import require_usable

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="getHealth", openapi_extra=OPEN)
async def healthz() -> Health:
    """The process runs."""
    return Health()


@router.get("/readyz", operation_id="getReadiness", openapi_extra=OPEN, responses=documented(503))
def readyz(db: DatabaseDep) -> Ready:
    """The service can respond and accept: the database is the one that it was, its schema is current."""
    require_usable(db)
    return Ready(database=db.kind, workers=workers.count_alive(db))
