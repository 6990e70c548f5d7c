"""Health, readiness and version: the only routes besides `/login` that need no credential."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import DatabaseDep
from service.problems import documented
from service.response_cache import VERSION
from service.schemas import Health, Ready, Version
from studies.language.spec import SCHEMA_VERSION
from studies.storage import workers
from studies.storage.migrate import require_current
from studies.verdict.records import ANALYSIS_VERSION

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="getHealth")
async def healthz() -> Health:
    """The process runs."""
    return Health()


@router.get("/readyz", operation_id="getReadiness", responses=documented(503))
def readyz(db: DatabaseDep) -> Ready:
    """The service can answer: the database is reachable and its schema current."""
    require_current(db)
    return Ready(database=db.kind, workers=workers.count_alive(db))


@router.get("/version", operation_id="getVersion")
async def get_version() -> Version:
    """What runs here."""
    return Version(version=VERSION, analysis_version=ANALYSIS_VERSION, schema_version=SCHEMA_VERSION)
