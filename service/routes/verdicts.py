"""Verdicts on trials that were measured elsewhere; nothing is stored and nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from service.bodies import CSV, JSON, Body, body_of, parsed
from service.problems import documented
from service.response_cache import to_json
from service.schemas import OtherAnalysis, Whole
from service.verdicts.one_at_a_time import OneAtATime
from studies.errors import Problem, SpecError
from studies.foreign.asked import ReadTable, asked_of
from studies.foreign.csv_text import MAX_BYTES, read_csv
from studies.foreign.judgement import JudgedTable, Points, answer_to, table_of
from studies.foreign.rows import COLUMNS
from studies.foreign.scoring import TAKEN
from studies.language.claim import Objective
from studies.language.reading import read
from studies.text import LINE_PATTERN
from studies.verdict.looks import MOST_LOOKS

router = APIRouter(prefix="/verdicts", tags=["verdict"])
JUDGING = OneAtATime(timeout=30.0, retry_after=10, busy="other tables are being judged")  # takes seconds of a core

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"$ref": "#/components/schemas/TrialTable"},
                "example": {"objective": "accuracy", "rows": [{"eta": 0.016, "alpha": 0.874, "value": 0.98}]},
            },
            CSV: {
                "schema": {"type": "string", "description": f"a header with some of {', '.join(COLUMNS)}, and rows"},
                "example": "eta,alpha,value\n0.016,0.874,0.98\n",
            },
        },
    }
}


async def table_body(request: Request) -> Body:
    """The body of a request with trials.

    Raises:
        ProblemError: 415, it is neither JSON nor CSV, or it is compressed.
        SpecError: it is empty.
    """
    return await body_of(request, "the trials", JSON, CSV)


@router.post(
    "",
    operation_id="judgeTrials",
    responses={200: {"model": JudgedTable}, **documented(413, 415, 422, 429)},
    openapi_extra=_BODY,
)
async def judge_trials(
    request: Request,
    trials: Annotated[Body, Depends(table_body)],
    objective: Annotated[Objective | None, Query(description="CSV only: what `value` is [accuracy]")] = None,
    claim: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=LINE_PATTERN,
            description="CSV only: the point, such as `lr=0.1,momentum=0.9` [the golden one]",
        ),
    ] = None,
    measure: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=LINE_PATTERN,
            description="CSV only: column of the values, such as `val_acc` or `reward:maximize`",
        ),
    ] = None,
    tolerance: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=LINE_PATTERN,
            description="CSV only: how near is near, such as `depth=1`; for a claim about parameters of your own",
        ),
    ] = None,
    points: Annotated[Points | None, Query(description="CSV only: how the points were chosen [not known]")] = None,
    images: Annotated[
        int | None, Query(ge=2, le=10_000_000, description="CSV only: test images per run"), Whole
    ] = None,
    looks: Annotated[int | None, Query(ge=1, le=MOST_LOOKS, description="CSV only: analyses so far [1]"), Whole] = None,
    analysis: Annotated[
        OtherAnalysis, Query(description="CSV only: version of the analysis [the newest in use]")
    ] = None,
    failed_as_diverged: Annotated[
        bool | None, Query(description="CSV only: count rows of state FAIL as diverged [false]")
    ] = None,
) -> Response:
    """Judge trials measured elsewhere: where the optimum lies, how noisy the runs are, how the claim's point compares.

    Rows with `phase`, `arm` and `block`, as an export of a study has them, are judged like that study's own; `document`
    is the study's document and makes the verdict the study's to the last digit. Without confirming rows the verdict
    is inconclusive and says what is missing. `left_out` (by state or reason) and `ignored_columns` name what was
    ignored, `notes` how a CSV was read.
    """
    given = {
        "objective": objective,
        "claim": claim,
        "measure": measure,
        "tolerance": tolerance,
        "points": points,
        "images": images,
        "looks": looks,
        "analysis": analysis,
        "failed_as_diverged": failed_as_diverged,
    }
    options = {name: value for name, value in given.items() if value is not None}
    if options and trials.media == JSON:
        raise SpecError([Problem(name, "belongs in the document if that is JSON") for name in options])
    read_body = partial(_csv_table, options=options) if trials.media == CSV else _json_table
    read_table = await parsed(request, read_body, trials.content)
    return Response(await run_in_threadpool(_judged, read_table), media_type=JSON)


def _csv_table(content: bytes, options: Mapping[str, Any]) -> ReadTable:
    fields, asked = asked_of(options)
    return read_csv(content, fields, asked)


def _json_table(content: bytes) -> ReadTable:
    document = read(content, "json", max_bytes=MAX_BYTES)
    if not isinstance(document, dict):
        raise SpecError([Problem("", 'send an object such as {"rows": [...]}')])
    table = table_of(document)
    assumed = table.objective is None and table.document is None and "claim" not in document
    return ReadTable(table, notes=(TAKEN,) if assumed else ())


def _judged(read_table: ReadTable) -> bytes:
    with JUDGING.slot():
        return to_json(answer_to(read_table))
