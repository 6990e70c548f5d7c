"""The application: wiring only. Routes are in `service.routes`, pages in `service.pages`, errors in `problems`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from service.background import Tick, Ticker
from service.dependencies import refuse_unknown_parameters
from service.door.gate import Gate
from service.door.rate_limit import Allowance
from service.door.security import Doorkeeper, keys_of
from service.door.sessions import EndedSessions
from service.events import Feed
from service.metrics import Meters
from service.pages.router import build_router, nothing
from service.problems import ProblemDetails, documented, install
from service.response_cache import GZIP_FROM, VERSION, Answers
from service.routes import (
    audit,
    catalogue,
    control,
    events,
    export,
    figures,
    foreign,
    health,
    login,
    metrics,
    objectives,
    studies,
    table1,
    trials,
    verdict,
    workers,
)
from service.settings import Settings
from service.telemetry import Telemetry
from service.verdicts.cache import Judge
from service.verdicts.late import Patience
from studies.storage.engine import Database, open_database

API = "/api/v1"
NOUNS = (
    studies,
    control,
    trials,
    verdict,
    objectives,
    foreign,
    table1,
    figures,
    export,
    events,
    audit,
    catalogue,
    workers,
)
SUMMARY = "Hyperparameter studies that test where the optimum of learning rate and momentum lies."


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The service, ready to be served.

    Args:
        settings: what is in force.
        database: an open database, which stays the caller's to dispose; None opens the one in `settings`.
    """
    db = database or open_database(
        settings.database_url.get_secret_value(), application="golden-service", pool_size=settings.pool_size
    )
    doorkeeper, feed = Doorkeeper(keys_of(settings)), Feed(db, max_listeners=settings.max_streams)
    meters, guesses = Meters(db, listeners=lambda: feed.listeners), Allowance(settings.guesses_per_minute)
    ended = EndedSessions(db)
    app = FastAPI(
        title="golden-study",
        summary=SUMMARY,
        version=VERSION,
        lifespan=_lifespan(settings, db, owned=database is None),
        middleware=[
            Middleware(Telemetry, meters=meters, access_log=settings.logs_access),
            Middleware(Gate, settings=settings, doorkeeper=doorkeeper, ended=ended, guesses=guesses, meters=meters),
            Middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=6),
        ],
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # its scripts come from elsewhere, which our content policy forbids
        redoc_url=None,
        redirect_slashes=False,  # an address with a slash too many is another address
        separate_input_output_schemas=False,
        responses=documented(401, 403, 429, 503),
    )
    app.state.database, app.state.settings, app.state.doorkeeper = db, settings, doorkeeper
    app.state.answers, app.state.feed, app.state.meters = Answers(), feed, meters
    app.state.guesses, app.state.ended_sessions = guesses, ended
    app.state.judge = Judge(db, measured=meters.verdicts.observe)
    app.state.patience = (Patience(), Patience(threads=1))  # six verdicts at once are nobody's hurry
    install(app)
    _include(app)
    _describe(app)
    return app


def _include(app: FastAPI) -> None:
    strict = [Depends(refuse_unknown_parameters)]
    api = APIRouter(prefix=API, dependencies=strict)
    for noun in NOUNS:
        api.include_router(noun.router)
    app.include_router(api)
    app.include_router(health.router, dependencies=strict)
    app.include_router(metrics.router, dependencies=strict)
    app.include_router(login.router)
    app.include_router(build_router(*app.state.patience))
    app.router.default = nothing


def _lifespan(settings: Settings, db: Database, *, owned: bool) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        feed, told = app.state.feed, partial(_count, app.state.meters)
        ticker = Ticker(db, seconds=settings.tick_seconds, told=told)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ticker.run())
            tasks.create_task(feed.run())
            yield
            ticker.stop()
            feed.close()
            for patience in app.state.patience:
                patience.close()
        if owned:
            db.dispose()

    return lifespan


def _count(meters: Meters, done: Tick | None) -> None:
    if done is None:
        meters.failed_ticks.inc()
    else:
        meters.reaped.inc(done.leases_reaped)
        meters.moved.inc(done.sweeps_moved)


def _describe(app: FastAPI) -> None:
    """Add to the OpenAPI document what FastAPI cannot see: the problem shape and the ways to show a token."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        components = document.setdefault("components", {})
        template = "#/components/schemas/{model}"
        problem = ProblemDetails.model_json_schema(ref_template=template)
        components.setdefault("schemas", {}).update({**problem.pop("$defs", {}), "ProblemDetails": problem})
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
