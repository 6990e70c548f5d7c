"""A comparison of arms: every row by every objective, differences from the baseline, and the paper's cells."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.dependencies import DatabaseDep, StudyName
from service.problems import documented
from service.response_cache import conditional, to_json
from studies.comparing import compare, require_arms
from studies.comparison.model import ArmComparison
from studies.storage import overview

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404, 422))


@router.get("/comparison", operation_id="getComparison", responses={200: {"model": ArmComparison}})
def get_comparison(request: Request, name: StudyName, db: DatabaseDep) -> Response:
    """Arms side by side in each context under each loss; 404 for a study that compares no arms."""
    detail = overview.get(db, name)
    require_arms(detail)
    return conditional(request, revision=detail.summary.revision, build=lambda: to_json(compare(db, name)[1]))
