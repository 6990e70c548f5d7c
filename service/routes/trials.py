"""The trials of a study, a page at a time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.dependencies import DatabaseDep, StudyName
from service.paging import next_link
from service.problems import documented
from service.response_cache import Rendered, conditional
from service.schemas import Cursor, Limit, SweepName, TrialList
from studies.language.phases import Phase
from studies.records import TrialState
from studies.storage import listing, overview
from studies.storage.listing import Sort

router = APIRouter(prefix="/studies/{name}", tags=["trials"], responses=documented(404, 422))


@router.get("/trials", operation_id="listTrials", responses={200: {"model": TrialList}})
def list_trials(
    request: Request,
    name: StudyName,
    db: DatabaseDep,
    limit: Limit = 100,
    cursor: Cursor = None,
    sweep: SweepName = None,
    sort: Sort = "number",
    phase: Annotated[Phase | None, Query(description="only this phase")] = None,
    state: Annotated[TrialState | None, Query(description="only this state")] = None,
) -> Response:
    """Trials with their points, states and mean values."""

    def build() -> Rendered:
        page = listing.trials_page(
            db, name, sweep=sweep, phase=phase, state=state, sort=sort, limit=limit, cursor=cursor
        )
        body = TrialList(items=list(page.items), next_cursor=page.next_cursor)
        return Rendered(body.model_dump_json().encode(), next_link(request, page.next_cursor))

    return conditional(request, revision=overview.revision(db, name), build=build)
