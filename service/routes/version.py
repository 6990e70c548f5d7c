"""The versions of this program, of its verdicts and of its study documents; no credential is needed."""

from __future__ import annotations

from fastapi import APIRouter

from service.problems import OPEN
from service.schemas import Version
from studies.language.versions import ANALYSES, SCHEMA_VERSION
from studies.storage.release import VERSION

router = APIRouter(tags=["health"])


@router.get("/version", operation_id="getVersion", openapi_extra=OPEN)
async def get_version() -> Version:
    """The versions of the running program."""
    return Version(version=VERSION, analysis_version=ANALYSES[-1], schema_version=SCHEMA_VERSION)
