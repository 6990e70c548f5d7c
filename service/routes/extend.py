"""An extension of a study: more trials or repeats, or further looks until it is decided."""

from __future__ import annotations

import math
from contextlib import nullcontext

from fastapi import APIRouter

from service.bodies import JSON
from service.dependencies import CallerDep, DatabaseDep, ExtensionWanted, IdempotencyKey, StudyName, VerdictCacheDep
from service.door.caller import Caller
from service.problems import documented
from service.schemas import ExtendIn
from service.verdicts.cache import VerdictCache
from studies.errors import Problem, SpecError, StateError, StudyMovedError
from studies.judgement import require_claim
from studies.plan.extension import extension
from studies.plan.later_looks import check_grant
from studies.storage import overview, studies
from studies.storage.changing import refuse_others
from studies.storage.engine import Database
from studies.storage.idempotency import Key
from studies.storage.patience import until
from studies.storage.read_models import StudyDetail
from studies.storage.studies import Once

router = APIRouter(prefix="/studies/{name}", tags=["studies"])
TRIES = 30  # of one request while others extend the same study; each time one of them succeeds


_BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/ExtendIn"}}}}}


@router.post(
    "/extend",
    operation_id="extendStudy",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=_BODY,
)
def extend(
    name: StudyName,
    wanted: ExtensionWanted,
    db: DatabaseDep,
    caller: CallerDep,
    verdicts: VerdictCacheDep,
    idempotency_key: IdempotencyKey = None,
) -> StudyDetail:
    """Give a study more to do; a complete one runs again. Only its submitter or an admin may.

    `{"more": n}`: further trials per sweep of a search, or repeats of a cross-validation.
    `{"until_decided": true, "max_runs": n}`: further looks at a complete `locate` study whose verdict is inconclusive,
    each with twice the zoom points and paired blocks, until every sweep is decided or the next round would take more
    than what is left of `n`. The claim's level is shared among the looks, so the error rate holds.

    With an `Idempotency-Key` a repeated request changes nothing and answers with the study as it is.
    """
    _refuse_unclear(wanted)
    once = None
    if idempotency_key is not None:
        once = Once(Key(idempotency_key, caller.name), wanted.model_dump_json(exclude_none=True))
    with until(math.inf) if wanted.until_decided else nullcontext():  # a verdict that is made first takes its own time
        return _extend_once(db, name, wanted, caller=caller, verdicts=verdicts, once=once)


def _extend_once(
    db: Database, name: str, wanted: ExtendIn, *, caller: Caller, verdicts: VerdictCache, once: Once | None
) -> StudyDetail:
    if once is None:
        return _extend(db, name, wanted, caller=caller, verdicts=verdicts, once=None)
    if studies.was_extended(db, name, once):
        return overview.get(db, name)
    try:
        return _extend(db, name, wanted, caller=caller, verdicts=verdicts, once=once)
    except (StateError, SpecError):  # as the first of several equal requests left the study
        if studies.was_extended(db, name, once):
            return overview.get(db, name)
        raise


def _extend(
    db: Database, name: str, wanted: ExtendIn, *, caller: Caller, verdicts: VerdictCache, once: Once | None
) -> StudyDetail:
    refuse_others(name, overview.get(db, name).summary.submitted_by, only_of=caller.owns_only, verb="extend")
    if wanted.more is not None:
        return _extend_by(db, name, wanted.more, caller=caller, once=once)
    runs = wanted.max_runs or 0
    require_claim(overview.get(db, name).spec)
    check_grant(overview.get(db, name), verdicts.verdict(name).verdict, runs)
    return studies.grant(db, name, runs, actor=caller.name, only_of=caller.owns_only, once=once)


def _extend_by(db: Database, name: str, more: int, *, caller: Caller, once: Once | None) -> StudyDetail:
    """Append further trials; planned anew where another request appended some in the meantime."""
    for left in reversed(range(TRIES)):
        detail = overview.get(db, name)
        plans, runs_added = extension(detail, more)
        planned = {sweep.name: sweep.trials for sweep in detail.sweeps}
        try:
            return studies.extend(
                db,
                name,
                plans,
                runs_added=runs_added,
                planned=planned,
                actor=caller.name,
                only_of=caller.owns_only,
                once=once,
            )
        except StudyMovedError:
            if not left:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def _refuse_unclear(wanted: ExtendIn) -> None:
    by_number = wanted.more is not None and wanted.until_decided is None and wanted.max_runs is None
    until = wanted.more is None and wanted.until_decided and wanted.max_runs is not None
    if not by_number and not until:
        text = 'send either {"more": n}, or {"until_decided": true, "max_runs": n}'
        raise SpecError([Problem(_field_at_fault(wanted), text)])


def _field_at_fault(wanted: ExtendIn) -> str:
    """The field that excludes another one, or that is missing."""
    if wanted.more is not None:
        return "more"
    if wanted.until_decided:
        return "max_runs"
    return "until_decided" if wanted.max_runs is not None else "more"
