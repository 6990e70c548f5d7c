"""The verdict on a study."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import LabelledVerdict
from service.verdicts.objectives import labelled
from studies.language.claim import Objective
from studies.storage import overview

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404, 422))


@router.get("/verdict", operation_id="getVerdict", responses={200: {"model": LabelledVerdict}})
def get_verdict(
    request: Request, name: StudyName, db: DatabaseDep, verdicts: VerdictCacheDep, objective: Objective | None = None
) -> Response:
    """Supported, refuted or inconclusive, per sweep and for the study, with reasons and every number behind them.

    `objective` asks for another measure than the claim's; no training is repeated for it. Such a verdict is
    exploratory: `claimed` is false, and `caution` says what it is worth.
    """
    cached = verdicts.verdict(name, objective)

    def build() -> bytes:
        return to_json(labelled(cached.verdict, overview.get(db, name).spec.claim.objective))

    return conditional(request, revision=cached.revision, build=build)
