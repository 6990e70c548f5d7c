"""An extension of a study: more trials or repeats, or further looks until it is decided."""

from __future__ import annotations

from fastapi import APIRouter

from service.bodies import JSON
from service.dependencies import CallerDep, DatabaseDep, ExtensionWanted, StudyName, VerdictCacheDep
from service.problems import documented
from service.schemas import ExtendIn
from studies.errors import Problem, SpecError
from studies.plan.extension import extension
from studies.plan.later_looks import check_grant
from studies.storage import overview, studies
from studies.storage.read_models import StudyDetail

router = APIRouter(prefix="/studies/{name}", tags=["studies"])


_BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/ExtendIn"}}}}}


@router.post(
    "/extend",
    operation_id="extendStudy",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=_BODY,
)
def extend(
    name: StudyName, wanted: ExtensionWanted, db: DatabaseDep, caller: CallerDep, verdicts: VerdictCacheDep
) -> StudyDetail:
    """Give a study more to do; a complete one runs again.

    `{"more": n}`: further trials per sweep of a search, or repeats of a cross-validation.
    `{"until_decided": true, "max_runs": n}`: further looks at a complete `locate` study whose verdict is inconclusive,
    each with twice the zoom points and paired blocks, until every sweep is decided or the next round would take more
    than what is left of `n`. The claim's level is shared among the looks, so the error rate holds.
    """
    if wanted.more is not None and wanted.until_decided is None and wanted.max_runs is None:
        plans, runs_added = extension(overview.get(db, name), wanted.more)
        return studies.extend(db, name, plans, runs_added=runs_added, actor=caller)
    if wanted.more is None and wanted.until_decided and wanted.max_runs is not None:
        detail = overview.get(db, name)
        check_grant(detail, verdicts.verdict(name).verdict, wanted.max_runs)
        return studies.grant(db, name, wanted.max_runs, actor=caller)
    text = 'send either {"more": n}, or {"until_decided": true, "max_runs": n}'
    raise SpecError([Problem(_field_at_fault(wanted), text)])


def _field_at_fault(wanted: ExtendIn) -> str:
    """The field that excludes another one, or that is missing."""
    if wanted.more is not None:
        return "more"
    if wanted.until_decided:
        return "max_runs"
    return "until_decided" if wanted.max_runs is not None else "more"
