"""All runs of a study in one file: CSV, JSON or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from service import export
from service.dependencies import DatabaseDep, StudyName
from service.problems import documented
from studies.storage import listing, overview
from studies.storage.read_models import RunRow

router = APIRouter(prefix="/studies/{name}", tags=["export"], responses=documented(404))


class Format(StrEnum):
    """Forms of an export."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


WRITERS: dict[Format, tuple[Callable[[Iterable[RunRow], Sequence[str]], Iterator[bytes]], str]] = {
    Format.CSV: (export.to_csv, "text/csv; charset=utf-8"),
    Format.JSON: (export.to_json_list, "application/json"),
    Format.PARQUET: (export.to_parquet, "application/vnd.apache.parquet"),
}


@router.get(
    "/export.{form}",
    operation_id="exportRuns",
    response_class=StreamingResponse,
    responses={
        200: {"content": {media.partition(";")[0]: {} for _, media in WRITERS.values()}},
        **documented(422),
    },
)
def export_runs(
    name: StudyName, form: Annotated[Format, Path(description="csv, json or parquet")], db: DatabaseDep
) -> StreamingResponse:
    """Every run with its point, replicate, results and curves, streamed.

    Parquet is refused with 422 where the service runs without pyarrow.
    """
    names = overview.document(db, name).parameter_names  # reports a missing study before the stream begins
    write, media_type = WRITERS[form]
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(write(listing.iter_runs(db, name), names), media_type=media_type, headers=disposition)
