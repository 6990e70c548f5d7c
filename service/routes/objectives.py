"""The verdicts by every objective, side by side."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import ObjectiveVerdicts
from service.verdicts.objectives import (
    by_every_objective,
    cache_argument,
    in_order,
    side_by_side,
)
from studies.storage import overview

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404))


@router.get("/verdict/objectives", operation_id="getVerdictByObjective", responses={200: {"model": ObjectiveVerdicts}})
def get_objectives(request: Request, name: StudyName, db: DatabaseDep, verdicts: VerdictCacheDep) -> Response:
    """The same trials judged by each of the six objectives: outcome, reasons and location, per sweep.

    Only the claim's own objective (`claimed`, listed first) was fixed in advance; the others show how much depends on
    it. Each takes one judging, about a second, and is kept until the study changes.
    """
    claimed = overview.get(db, name).spec.claim.objective

    def build() -> bytes:
        return to_json(side_by_side(by_every_objective(verdicts, name, claimed), claimed))

    revision = tuple(verdicts.due(name, cache_argument(objective, claimed)) for objective in in_order(claimed))
    return conditional(request, revision=revision, build=build)
