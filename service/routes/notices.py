"""Notices of what became of studies: completed, decided, failed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.dependencies import DatabaseDep
from service.paging import next_link
from service.problems import documented
from service.response_cache import Rendered, conditional
from service.schemas import Cursor, NoticeList, study_name
from studies.storage import notices

router = APIRouter(prefix="/notices", tags=["notices"], responses=documented(404, 422))


@router.get("", operation_id="listNotices", responses={200: {"model": NoticeList}})
def list_notices(
    request: Request,
    db: DatabaseDep,
    study: Annotated[str | None, Query(max_length=63, description="only of studies of this name")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="items per page")] = 100,
    cursor: Cursor = None,
) -> Response:
    """Completions, verdicts and failures of the last 30 days, newest first, each with the study as it was.

    Each completion gives two: `completed`, and `decided`, whose verdict is the study's. Entries outlive their study.
    """
    name = None if study is None else study_name(study)

    def build() -> Rendered:
        page = notices.page(db, study=name, limit=limit, cursor=cursor)
        body = NoticeList(items=list(page.items), next_cursor=page.next_cursor)
        return Rendered(body.model_dump_json().encode(), next_link(request, page.next_cursor))

    return conditional(request, revision=notices.stamp(db), build=build)
