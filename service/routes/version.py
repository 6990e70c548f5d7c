"""The versions of this program, of its verdicts and of its study documents; no credential is needed."""

from __future__ import annotations

from fastapi import APIRouter

from service.problems import OPEN
from service.schemas import Version
from studies.language.versions import SCHEMA_VERSION
from studies.storage.release import VERSION
from studies.verdict.model import ANALYSIS_VERSION

router = APIRouter(tags=["health"])


@router.get("/version", operation_id="getVersion", openapi_extra=OPEN)
async def get_version() -> Version:
    """The versions of the running program."""
    return Version(version=VERSION, analysis_version=ANALYSIS_VERSION, schema_version=SCHEMA_VERSION)
