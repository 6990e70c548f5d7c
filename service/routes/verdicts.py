"""Verdicts on trials that were measured elsewhere: nothing is stored, nothing is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from service.answers import to_json
from service.bench import Bench
from service.dependencies import JSON
from service.problems import ProblemError, documented
from studies.claim import Objective
from studies.errors import SpecError
from studies.foreign import MAX_ROWS, Points, judge_table, table_of
from studies.foreign_csv import read_table
from studies.verdict.records import StudyVerdict

router = APIRouter(prefix="/verdicts", tags=["verdict"])
CSV = "text/csv"
BENCH = Bench(patience=30.0, retry_after=10, busy="other tables are being judged")  # it takes seconds of a core

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "description": f"name, claim, objective, points, images, classes, and 1 to {MAX_ROWS} rows",
                },
                "example": {"objective": "accuracy", "rows": [{"eta": 0.016, "alpha": 0.874, "value": 0.98}]},
            },
            CSV: {"schema": {"type": "string"}, "example": "eta,alpha,value\n0.016,0.874,0.98\n"},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request's body and its form."""

    media: str
    body: bytes


async def sent(request: Request, content_type: Annotated[str | None, Header(include_in_schema=False)] = None) -> Sent:
    """The body of a table.

    Raises:
        ProblemError: 415, it is neither JSON nor CSV, or compressed.
    """
    media = (content_type or "").partition(";")[0].strip().lower()
    if media not in {JSON, CSV} or request.headers.get("content-encoding", "identity") != "identity":
        raise ProblemError(415, "unsupported-media-type", f"send the trials uncompressed, as {JSON} or {CSV}")
    return Sent(media, await request.body())


def _mapping(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SpecError([("", f"not well-formed JSON: {str(error)[:200]}")]) from None
    if not isinstance(document, dict):
        raise SpecError([("", 'send an object such as {"rows": [...]}')])
    return document


@router.post(
    "",
    operation_id="judgeTrials",
    responses={200: {"model": StudyVerdict}, **documented(413, 415, 422, 429)},
    openapi_extra=_BODY,
)
def judge_trials(
    trials: Annotated[Sent, Depends(sent)],
    objective: Annotated[Objective | None, Query(description="CSV only: what `value` is [accuracy]")] = None,
    points: Annotated[Points | None, Query(description="CSV only: how the points were chosen [fixed]")] = None,
    images: Annotated[int | None, Query(ge=2, le=10_000_000, description="CSV only: test images per run")] = None,
) -> Response:
    """Judge trials measured elsewhere: where the optimum seems to lie, how noisy runs are, how the claim compares.

    Without paired confirmation on fresh seeds the answer is inconclusive, and says what is missing.
    """
    given = {"objective": objective, "points": points, "images": images}
    options = {name: value for name, value in given.items() if value is not None}
    if options and trials.media == JSON:
        raise SpecError([(name, "belongs into the document, where that is JSON") for name in options])
    table = read_table(trials.body, options) if trials.media == CSV else table_of(_mapping(trials.body))
    with BENCH.seated():
        return Response(to_json(judge_table(table)), media_type=JSON)
