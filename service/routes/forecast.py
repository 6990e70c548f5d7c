"""A forecast: what would decide a study, and how long that takes."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import DatabaseDep, StudyName, VerdictCacheDep
from service.problems import documented
from service.schemas import ForecastOut
from service.verdicts.forecast import forecast, throughput_of
from studies.storage import overview, workers

router = APIRouter(prefix="/studies/{name}", tags=["verdict"], responses=documented(404, 422))


@router.get("/forecast", operation_id="getForecast")
def get_forecast(name: StudyName, db: DatabaseDep, verdicts: VerdictCacheDep) -> ForecastOut:
    """The runs that would decide the sweeps that lack data, and the time that the present workers need for them.

    Supposes that the fitted surfaces are the truth; `extend` with `until_decided` grants the runs.
    """
    throughput = throughput_of(workers.list_workers(db))
    return forecast(overview.get(db, name).spec, verdicts.verdict(name).verdict, throughput)
