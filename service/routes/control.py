"""What an operator may do to a running study: pause, resume, cancel, extend."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import CallerDep, DatabaseDep, JudgeDep, StudyName
from service.problems import documented
from service.schemas import ExtendIn
from studies.errors import Problem, SpecError
from studies.plan.extension import extension
from studies.plan.later_looks import check_grant
from studies.storage import overview, studies
from studies.storage.records import StudyDetail

router = APIRouter(prefix="/studies/{name}", tags=["studies"], responses=documented(404, 409))


@router.post("/pause", operation_id="pauseStudy")
def pause(name: StudyName, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """Let workers finish what they hold and claim nothing more of this study."""
    studies.pause(db, name, actor=caller)
    return overview.get(db, name)


@router.post("/resume", operation_id="resumeStudy")
def resume(name: StudyName, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """Let workers claim again."""
    studies.resume(db, name, actor=caller)
    return overview.get(db, name)


@router.post("/cancel", operation_id="cancelStudy")
def cancel(name: StudyName, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """End a study for good; what was measured stays, running trials are dropped."""
    studies.cancel(db, name, actor=caller)
    return overview.get(db, name)


@router.post("/extend", operation_id="extendStudy", responses=documented(413, 415, 422))
def extend(name: StudyName, wanted: ExtendIn, db: DatabaseDep, caller: CallerDep, judge: JudgeDep) -> StudyDetail:
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
        check_grant(detail, judge.verdict(name).verdict, wanted.max_runs)
        return studies.grant(db, name, wanted.max_runs, actor=caller)
    text = 'send either {"more": n}, or {"until_decided": true, "max_runs": n}'
    field = "max_runs" if wanted.until_decided else "until_decided" if wanted.max_runs is not None else "more"
    raise SpecError([Problem("more" if wanted.more is not None else field, text)])
