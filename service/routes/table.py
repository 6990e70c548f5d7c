"""Table 1 of a cross-validation: accuracy at each point, beside that of the paper if the paper has the row."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.dependencies import DatabaseDep, StudyName
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import Table
from studies.judgement import runs_of
from studies.report.table1 import table_of_study
from studies.storage import overview

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404, 422))


@router.get("/table", operation_id="getTable", responses={200: {"model": Table}})
def get_table(request: Request, name: StudyName, db: DatabaseDep) -> Response:
    """Mean and deviations of accuracy at each cross-validated point, per cent; no rows for other designs."""

    def build() -> bytes:
        detail = overview.get(db, name)
        return to_json({"items": table_of_study(detail, runs_of(db, detail))})

    return conditional(request, revision=overview.revision(db, name), build=build)
