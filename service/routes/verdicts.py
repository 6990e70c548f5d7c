"""Verdicts on trials that were measured elsewhere; nothing is stored and nothing is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from service.dependencies import JSON
from service.problems import ProblemError, documented
from service.response_cache import to_json
from service.verdicts.one_at_a_time import OneAtATime
from studies.errors import Problem, SpecError
from studies.foreign.csv_text import ignored_columns, read_table
from studies.foreign.judgement import MAX_ROWS, JudgedTable, Points, TrialTable, answer, table_of
from studies.foreign.rows import COLUMNS
from studies.language.claim import Objective
from studies.verdict.looks import MOST_LOOKS

router = APIRouter(prefix="/verdicts", tags=["verdict"])
CSV = "text/csv"
JUDGING = OneAtATime(timeout=30.0, retry_after=10, busy="other tables are being judged")  # takes seconds of a core

_FIELDS = ", ".join(name for name in TrialTable.model_fields if name != "rows")
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "description": f"{_FIELDS}, and 1 to {MAX_ROWS} rows with {', '.join(COLUMNS)}",
                },
                "example": {"objective": "accuracy", "rows": [{"eta": 0.016, "alpha": 0.874, "value": 0.98}]},
            },
            CSV: {"schema": {"type": "string"}, "example": "eta,alpha,value\n0.016,0.874,0.98\n"},
        },
    }
}


@dataclass(frozen=True, slots=True)
class TableBody:
    """The body of a request and its media type."""

    media: str
    content: bytes


async def table_body(
    request: Request, content_type: Annotated[str | None, Header(include_in_schema=False)] = None
) -> TableBody:
    """The body of a request with trials.

    Raises:
        ProblemError: 415, it is neither JSON nor CSV, or it is compressed.
    """
    media = (content_type or "").partition(";")[0].strip().lower()
    if media not in {JSON, CSV} or request.headers.get("content-encoding", "identity") != "identity":
        raise ProblemError(415, "unsupported-media-type", f"send the trials uncompressed, as {JSON} or {CSV}")
    return TableBody(media, await request.body())


def _mapping(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SpecError([Problem("", f"not well-formed JSON: {str(error)[:200]}")]) from None
    if not isinstance(document, dict):
        raise SpecError([Problem("", 'send an object such as {"rows": [...]}')])
    return document


@router.post(
    "",
    operation_id="judgeTrials",
    responses={200: {"model": JudgedTable}, **documented(413, 415, 422, 429)},
    openapi_extra=_BODY,
)
def judge_trials(
    trials: Annotated[TableBody, Depends(table_body)],
    objective: Annotated[Objective | None, Query(description="CSV only: what `value` is [accuracy]")] = None,
    points: Annotated[Points | None, Query(description="CSV only: how the points were chosen [fixed]")] = None,
    images: Annotated[int | None, Query(ge=2, le=10_000_000, description="CSV only: test images per run")] = None,
    looks: Annotated[int | None, Query(ge=1, le=MOST_LOOKS, description="CSV only: analyses so far [1]")] = None,
    failed_as_diverged: Annotated[
        bool | None, Query(description="CSV only: count rows of state FAIL as diverged [false]")
    ] = None,
) -> Response:
    """Judge trials measured elsewhere: where the optimum lies, how noisy the runs are, how the claim's point compares.

    Rows with `phase`, `arm` and `block`, as an export of a study has them, are judged like that study's own; `document`
    is the study's document and makes the verdict the study's to the last digit. Without confirming rows the verdict
    is inconclusive and says what is missing. `left_out` and `ignored_columns` name what was ignored.
    """
    given = {
        "objective": objective,
        "points": points,
        "images": images,
        "looks": looks,
        "failed_as_diverged": failed_as_diverged,
    }
    options = {name: value for name, value in given.items() if value is not None}
    if options and trials.media == JSON:
        raise SpecError([Problem(name, "belongs in the document if that is JSON") for name in options])
    is_csv = trials.media == CSV
    table = read_table(trials.content, options) if is_csv else table_of(_mapping(trials.content))
    ignored = ignored_columns(trials.content, options) if is_csv else ()
    with JUDGING.slot():
        return Response(to_json(answer(table, ignored_columns=ignored)), media_type=JSON)
