"""Trials of external contexts for trainers of the user's own: lease, renew, report, finish, release.

A lease that finds nothing may wait: the route says so in the request's state and answers 204, and `service.long_poll`
sends the request again once something waits, or the answer once time is up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from service.bodies import JSON, body_of, parsed
from service.dependencies import CallerDep, DatabaseDep, IdempotencyKey
from service.lease_bodies import (
    Ended,
    FinishIn,
    HeldIn,
    Leased,
    LeaseIn,
    Released,
    Renewed,
    Reported,
    ReportIn,
    body_as,
    leased,
)
from service.long_poll import Askers, Wanted
from service.problems import documented
from studies.storage import external
from studies.storage.idempotency import Key

router = APIRouter(prefix="/leases", tags=["leases"])
RETRY_SECONDS = 2  # as often as sweeps are moved to their next phase
T = TypeVar("T", bound=BaseModel)
_EMPTY: dict[int | str, dict[str, Any]] = {
    204: {
        "description": "Nothing waits",
        "headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "seconds to wait"}},
    }
}


def _body(model: type[BaseModel]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": reference}}}}


def _of(model: type[T]) -> Callable[[Request], Any]:
    """A dependency: the request's body as a model, parsed off the event loop."""

    async def wanted(request: Request) -> T:
        body = await body_of(request, "the request", JSON)
        return await parsed(request, body_as(model), body.content)

    return wanted


@router.post(
    "",
    operation_id="leaseTrials",
    response_model=Leased,
    responses={**_EMPTY, **documented(404, 409, 413, 415, 422)},
    openapi_extra=_body(LeaseIn),
)
def lease(
    wanted: Annotated[LeaseIn, Depends(_of(LeaseIn))],
    request: Request,
    db: DatabaseDep,
    caller: CallerDep,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Lease up to `trials` waiting trials of one external context.

    Train each run at the parameters given, renew before the deadline, finish with the measure of every run. A caller
    gets at most its share of what waits: the trials of the study by the number of callers that asked in the last
    minute, rounded up. With an `Idempotency-Key` a repeated request gives the trials that it already leased and that
    are still held. Where nothing waits the answer is 204, after `wait` seconds at most. A named study that has ended,
    or that has no external context, is refused with 409.
    """
    askers: Askers = request.app.state.askers
    batch = external.lease(
        db,
        owner=caller.name,
        worker=wanted.worker,
        limit=wanted.trials,
        seconds=wanted.seconds,
        study=wanted.study,
        askers=askers.count(f"{caller.name}/{wanted.worker}", wanted.study),
        key=None if idempotency_key is None else Key(idempotency_key, caller.name),
    )
    if batch is not None:
        return leased(batch)
    if wanted.wait:
        request.state.wanted = Wanted(wanted.study, wanted.wait)
    return Response(status_code=204, headers={"Retry-After": str(RETRY_SECONDS)})


@router.post("/renew", operation_id="renewLeases", responses=documented(413, 415, 422), openapi_extra=_body(HeldIn))
def renew(wanted: Annotated[HeldIn, Depends(_of(HeldIn))], db: DatabaseDep, caller: CallerDep) -> Renewed:
    """Let leases last as long from now as they were leased for. A trial that is `lost` need not be trained further."""
    renewal = external.renew(db, wanted.tokens, owner=caller.name)
    return Renewed(lost=sorted(renewal.lost | renewal.stop), deadline=renewal.deadline)


@router.post("/report", operation_id="reportSteps", responses=documented(413, 415, 422), openapi_extra=_body(ReportIn))
def report(wanted: Annotated[ReportIn, Depends(_of(ReportIn))], db: DatabaseDep, caller: CallerDep) -> Reported:
    """Report the measure on the way, to be shown beside the trial. No verdict reads it; a step again replaces it."""
    return Reported(lost=external.report(db, wanted.values(), owner=caller.name))


@router.post("/finish", operation_id="finishTrials", responses=documented(413, 415, 422), openapi_extra=_body(FinishIn))
def finish(wanted: Annotated[FinishIn, Depends(_of(FinishIn))], db: DatabaseDep, caller: CallerDep) -> Ended:
    """Report the ends of trials: the measure of each run, or why there is none.

    A run that diverged is a result, never a failure. A trial that failed is tried again while attempts are left. The
    same request again records nothing again, so after a lost answer send it once more. A request with a fault in it is
    refused as a whole.
    """
    kept = external.finish(db, [trial.ending() for trial in wanted.trials], owner=caller.name)
    ids = [trial.id for trial in wanted.trials]
    named = list(zip(ids, kept, strict=True))
    return Ended(recorded=[i for i, there in named if there], dropped=[i for i, there in named if not there])


@router.post("/release", operation_id="releaseTrials", responses=documented(413, 415, 422), openapi_extra=_body(HeldIn))
def release(wanted: Annotated[HeldIn, Depends(_of(HeldIn))], db: DatabaseDep, caller: CallerDep) -> Released:
    """Give trials back: they wait again at once, and the attempt does not count. Lost ones are ignored."""
    return Released(released=external.release(db, wanted.tokens, owner=caller.name))
