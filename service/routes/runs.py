"""The runs of a study, a page at a time."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.dependencies import DatabaseDep, StudyName
from service.paging import next_link
from service.problems import documented
from service.response_cache import Rendered, conditional
from service.schemas import Cursor, Limit, RunList, SweepName
from studies.storage import listing, overview

router = APIRouter(prefix="/studies/{name}", tags=["trials"], responses=documented(404, 422))


@router.get("/runs", operation_id="listRuns", responses={200: {"model": RunList}})
def list_runs(
    request: Request,
    name: StudyName,
    db: DatabaseDep,
    limit: Limit = 100,
    cursor: Cursor = None,
    sweep: SweepName = None,
) -> Response:
    """Runs with their replicates, curves and everything they measured."""

    def build() -> Rendered:
        page = listing.runs_page(db, name, sweep=sweep, limit=limit, cursor=cursor)
        body = RunList(items=list(page.items), next_cursor=page.next_cursor)
        return Rendered(body.model_dump_json().encode(), next_link(request, page.next_cursor))

    return conditional(request, revision=overview.revision(db, name), build=build)
