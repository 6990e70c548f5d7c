"""The audit list of a study: who did what to it, and when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.dependencies import DatabaseDep, StudyName
from service.paging import next_link
from service.problems import documented
from service.response_cache import Rendered, conditional
from service.schemas import AuditList, Cursor, Whole
from studies.storage import audit

router = APIRouter(prefix="/studies/{name}", tags=["studies"], responses=documented(404, 422))


@router.get("/audit", operation_id="listAudit", responses={200: {"model": AuditList}})
def list_audit(
    request: Request,
    name: StudyName,
    db: DatabaseDep,
    limit: Annotated[int, Query(ge=1, le=500, description="items per page"), Whole] = 100,
    cursor: Cursor = None,
) -> Response:
    """Changes of a study, newest first: submit, extend, edit, pause, resume, cancel, delete, complete and fail.

    Entries outlive their study, so the list of a deleted study can still be read; studies submitted under the same name
    share one list.
    """

    def build() -> Rendered:
        page = audit.history(db, name, limit=limit, cursor=cursor)
        body = AuditList(items=list(page.items), next_cursor=page.next_cursor)
        return Rendered(body.model_dump_json().encode(), next_link(request, page.next_cursor))

    return conditional(request, revision=audit.latest_id(db, name), build=build)
