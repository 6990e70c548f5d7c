"""Studies: submit, list, preview, show, edit, delete, pause, resume, cancel."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from service.bodies import JSON, TOML
from service.dependencies import (
    CallerDep,
    DatabaseDep,
    EditWanted,
    IdempotencyKey,
    StudyDocument,
    StudyName,
    VerdictCacheDep,
)
from service.paging import next_link
from service.problems import documented
from service.response_cache import conditional, to_json
from service.schemas import Cursor, Limit, PreviewOut, StudyList, Tag
from service.verdicts.forecast import throughput_of
from service.verdicts.simulated_power import simulated_power
from studies.language.catalogue import entry
from studies.plan.procedure import expected_runs, first_plans
from studies.records import StudyState
from studies.storage import overview, studies, workers
from studies.storage.drawer import drawer
from studies.storage.editing import Edit, edit
from studies.storage.read_models import StudyDetail

router = APIRouter(prefix="/studies", tags=["studies"])


def _study_body() -> dict[str, Any]:
    """OpenAPI of a request body that is a study document, with the quickstart as the example."""
    shipped = entry("quickstart")
    document = shipped.spec.model_dump(mode="json")
    reference = {"$ref": "#/components/schemas/StudySpec"}
    return {
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": reference, "examples": {"quickstart": {"value": document}}},
                TOML: {"schema": {"type": "string"}, "examples": {"quickstart": {"value": shipped.toml}}},
            },
        }
    }


_EDIT = {"requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/EditIn"}}}}}
_LOCATION = {
    "Location": {
        "schema": {"type": "string", "pattern": "^/api/v1/studies/"},
        "required": True,
        "description": "the study",
    }
}


@router.post(
    "",
    status_code=201,
    operation_id="submitStudy",
    responses={
        200: {"model": StudyDetail, "description": "The same study was there", "headers": _LOCATION},
        201: {"headers": _LOCATION},
        **documented(409, 413, 415, 422),
    },
    openapi_extra=_study_body(),
)
def submit(
    spec: StudyDocument,
    db: DatabaseDep,
    caller: CallerDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> StudyDetail:
    """Submit a study: its claim is frozen and hashed, its sweeps and first trials are planned, workers may start.

    The same document again answers 200 with the study that is there; another document under the same name is refused.
    """
    detail, created = studies.create(
        db,
        spec,
        first_plans(spec),
        runs_expected=expected_runs(spec),
        idempotency_key=idempotency_key,
        submitted_by=caller.name,
    )
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"/api/v1/studies/{detail.summary.name}"
    return detail


@router.get("", operation_id="listStudies", responses={200: {"model": StudyList}, **documented(422)})
def list_studies(
    request: Request,
    db: DatabaseDep,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[StudyState | None, Query(description="only studies in this state")] = None,
    tag: Annotated[Tag | None, Query(description="only studies with this tag")] = None,
) -> Response:
    """All studies, newest first, a page at a time; the `Link` header names the next page."""
    page = overview.list_page(db, limit=limit, cursor=cursor, state=state, tag=tag)
    body = StudyList(items=list(page.items), next_cursor=page.next_cursor)
    stamp = tuple((s.id, s.revision) for s in page.items)
    return conditional(
        request,
        revision=(stamp, page.next_cursor),
        build=body.model_dump_json().encode,
        headers=next_link(request, page.next_cursor),
    )


@router.post(
    "/preview", operation_id="previewStudy", responses=documented(404, 413, 415, 422, 429), openapi_extra=_study_body()
)
def preview_study(
    spec: StudyDocument,
    db: DatabaseDep,
    verdicts: VerdictCacheDep,
    power: Annotated[
        bool, Query(description="simulate how likely the design is to decide; takes up to half a minute")
    ] = False,
    pilot: Annotated[
        str | None, Query(max_length=63, description="a study whose runs give noise and curvature")
    ] = None,
) -> PreviewOut:
    """The cost of a study: trials, runs, image passes and rough time with the workers now alive. Stores nothing."""
    chances = simulated_power(spec, verdicts, pilot) if power or pilot is not None else None
    cost = throughput_of(workers.list_workers(db)).preview(spec)
    return PreviewOut(study=spec.name, claim_hash=spec.claim_hash, cost=cost, power=chances)


@router.get("/{name}", operation_id="getStudy", responses={200: {"model": StudyDetail}, **documented(404)})
def get_study(request: Request, name: StudyName, db: DatabaseDep) -> Response:
    """One study: state, progress of each sweep by phase, best points, and the document as submitted.

    `drawer` counts the studies of the same claim, by point and terms, in this database; null where arms are compared.
    """

    def build() -> bytes:
        detail = overview.get(db, name)
        counted = None if detail.spec.compares else drawer(db, detail.spec.claim)
        return to_json(replace(detail, drawer=counted))

    return conditional(request, revision=overview.stamp_among_all(db, name), build=build)


@router.patch(
    "/{name}",
    operation_id="editStudy",
    responses=documented(404, 413, 415, 422),
    openapi_extra=_EDIT,
)
def edit_study(name: StudyName, wanted: EditWanted, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """Change notes, tags or priority of a study, in any state; what is left out stays. Only its submitter or an admin.

    They lie beside the document, which stays as submitted: no hash, report or export has them. A new priority counts
    from the next claim on.
    """
    changed = Edit(wanted.notes, wanted.tags, wanted.priority)
    return edit(db, name, changed, actor=caller.name, only_of=caller.owns_only)


@router.delete("/{name}", status_code=204, operation_id="deleteStudy", responses=documented(404))
def delete_study(name: StudyName, db: DatabaseDep, caller: CallerDep) -> None:
    """Delete a study with its sweeps, trials and runs. Workers drop what they hold of it at their next heartbeat.

    Only its submitter or an admin may.
    """
    studies.delete(db, name, actor=caller.name, only_of=caller.owns_only)


@router.post("/{name}/pause", operation_id="pauseStudy", responses=documented(404, 409))
def pause(name: StudyName, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """Let workers finish what they hold and claim nothing more of this study."""
    studies.pause(db, name, actor=caller.name)
    return overview.get(db, name)


@router.post("/{name}/resume", operation_id="resumeStudy", responses=documented(404, 409))
def resume(name: StudyName, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """Let workers claim again."""
    studies.resume(db, name, actor=caller.name)
    return overview.get(db, name)


@router.post("/{name}/cancel", operation_id="cancelStudy", responses=documented(404, 409))
def cancel(name: StudyName, db: DatabaseDep, caller: CallerDep) -> StudyDetail:
    """End a study for good; what was measured stays, running trials are dropped. Only its submitter or an admin may."""
    studies.cancel(db, name, actor=caller.name, only_of=caller.owns_only)
    return overview.get(db, name)
