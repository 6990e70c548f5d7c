"""What an operator may do to a running study: pause, resume, cancel, extend."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import DatabaseDep, StudyName
from service.problems import documented
from service.schemas import ExtendIn
from studies.extension import extension
from studies.storage import studies
from studies.storage.records import StudyDetail

router = APIRouter(prefix="/studies/{name}", tags=["studies"], responses=documented(404, 409))


@router.post("/pause", operation_id="pauseStudy")
def pause(name: StudyName, db: DatabaseDep) -> StudyDetail:
    """Let workers finish what they hold and claim nothing more of this study."""
    studies.pause(db, name)
    return studies.get(db, name)


@router.post("/resume", operation_id="resumeStudy")
def resume(name: StudyName, db: DatabaseDep) -> StudyDetail:
    """Let workers claim again."""
    studies.resume(db, name)
    return studies.get(db, name)


@router.post("/cancel", operation_id="cancelStudy")
def cancel(name: StudyName, db: DatabaseDep) -> StudyDetail:
    """End a study for good; what was measured stays, running trials are dropped."""
    studies.cancel(db, name)
    return studies.get(db, name)


@router.post("/extend", operation_id="extendStudy", responses=documented(413, 415, 422))
def extend(name: StudyName, more: ExtendIn, db: DatabaseDep) -> StudyDetail:
    """Give a search more trials, or a cross-validation more repeats; a complete study runs again.

    A `locate` study's size is part of its frozen claim: more of it after a look would bend the verdict.
    """
    plans, runs_added = extension(studies.get(db, name), more.more)
    return studies.extend(db, name, plans, runs_added=runs_added)
