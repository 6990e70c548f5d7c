"""The application: it connects the routes (`service.routes`), the pages (`service.pages`) and the error handlers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any

import structlog
from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from service import routes
from service.background import Tick, Ticker
from service.dependencies import refuse_repeated_parameters, refuse_unknown_parameters
from service.door.arrival import Arrival
from service.door.caps import MAX_WAITING
from service.door.change_seats import ChangeSeats
from service.door.gate import Gate
from service.door.guesses import Guesses
from service.door.keyring import Keyring
from service.door.security import Authenticator
from service.door.sessions import EndedSessions
from service.events import EventStreams
from service.long_poll import Askers, LongPoll, Waiters
from service.openapi_parts import describe
from service.pages.login_needed import no_session
from service.pages.router import build_router, not_found
from service.parsing import Parsing
from service.problems import documented, install
from service.prometheus import Metrics
from service.response_cache import GZIP_FROM, ResponseCache
from service.settings import Settings
from service.telemetry import Telemetry
from service.transfer import Transfer
from service.verdicts.cache import VerdictCache
from service.verdicts.late import LateVerdicts
from service.webhooks.config import WebhooksFile
from service.webhooks.courier import Courier
from studies import late_scipy
from studies.storage.engine import Database, open_database
from studies.storage.patience import SERVICE
from studies.storage.release import VERSION

_log = structlog.get_logger(__name__)
API = "/api/v1"
SUMMARY = "Hyperparameter studies that test where the optimum of learning rate and momentum lies."
_ROUTING: dict[str, Any] = {
    "dependencies": [Depends(refuse_repeated_parameters)],  # of pages, too
    "openapi_url": None,  # a route of our own has it, so that it checks its query as every other
    "docs_url": None,  # its scripts come from another site, which our content policy forbids
    "redoc_url": None,
    "redirect_slashes": False,  # an address with a further slash is another address
    "responses": documented(401, 403, 429, 503),
}


def create_app(settings: Settings, database: Database | None = None, *, waiting: int = MAX_WAITING) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: the settings in force.
        database: an open database, which the caller disposes; None opens the one in `settings`.
        waiting: callers that may wait for trials at once.
    """
    db = database or open_database(
        settings.database_url.get_secret_value(),
        application="golden-service",
        pool_size=settings.pool_size,
        patience=SERVICE,
    )
    streams, waiters = EventStreams(db, max_listeners=settings.max_streams), Waiters(db, most=waiting)
    metrics = Metrics(db, listeners=lambda: streams.listeners)
    keyring, ended = Keyring(settings), EndedSessions(db)
    authenticator = Authenticator(keyring.in_force, open=not keyring.guarded)
    token_guesses, code_guesses = (Guesses(settings.guesses_per_minute) for _ in range(2))
    gate = Middleware(
        Gate,
        settings=settings,
        authenticator=authenticator,
        keyring=keyring,
        ended=ended,
        token_guesses=token_guesses,
        login_page=no_session,
        metrics=metrics,
    )
    app = FastAPI(
        title="golden-study",
        summary=SUMMARY,
        version=VERSION,
        lifespan=_lifespan(settings, db, owned=database is None),
        middleware=[
            Middleware(Telemetry, metrics=metrics, access_log=settings.logs_access),
            gate,
            Middleware(Arrival),
            Middleware(LongPoll, waiters=waiters),  # before seats and turns: a caller that waits holds none
            Middleware(ChangeSeats, busy=db.busy),  # before a request gets its turn: changes that wait must hold none
            Middleware(Transfer),
            Middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=6),
        ],
        separate_input_output_schemas=False,
        **_ROUTING,
    )
    app.state.settings, app.state.database, app.state.metrics = settings, db, metrics
    app.state.authenticator, app.state.ended_sessions = authenticator, ended
    app.state.token_guesses, app.state.code_guesses = token_guesses, code_guesses
    app.state.response_cache, app.state.event_streams = ResponseCache(), streams
    app.state.waiters, app.state.askers = waiters, Askers()
    app.state.parsing = Parsing()
    app.state.verdict_cache = VerdictCache(db, on_judged=metrics.verdicts.observe)
    app.state.courier = _courier(app)
    app.state.study_verdicts = LateVerdicts()
    app.state.objective_verdicts = LateVerdicts(threads=1)  # six for one page: they leave the other cores to studies
    install(app)
    app.router.routes.extend(all_routes())
    app.router.default = not_found
    describe(app)
    return app


def _courier(app: FastAPI) -> Courier:
    settings: Settings = app.state.settings
    metrics: Metrics = app.state.metrics
    return Courier(
        app.state.database,
        app.state.verdict_cache,
        WebhooksFile(settings.webhooks_file),
        allowed=settings.webhook_allow,
        base_url=settings.base_url,
        seconds=settings.tick_seconds,
        report=lambda webhook, outcome: metrics.webhooks.labels(webhook, outcome).inc(),
        known=metrics.expect_webhook,
    )


@cache
def all_routes() -> tuple[BaseRoute, ...]:
    """Every route, made once: they find the application that is asked in the request and hold nothing of it."""
    app = FastAPI(**_ROUTING)
    strict = [Depends(refuse_unknown_parameters)]
    for route in routes.API:  # one by one: FastAPI looks through a router of routers twice at every level
        app.include_router(route.router, prefix=API, dependencies=strict)
    for route in (*routes.OPERATION, *routes.LOGIN):
        app.include_router(route.router, dependencies=strict)
    app.include_router(build_router())
    return tuple(app.routes)


def _lifespan(settings: Settings, db: Database, *, owned: bool) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        streams: EventStreams = app.state.event_streams
        waiters: Waiters = app.state.waiters
        courier: Courier = app.state.courier
        ticker = Ticker(db, seconds=settings.tick_seconds, on_tick=partial(_count, app.state.metrics))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.to_thread(_load_late))  # lest the first verdict wait for it
            tasks.create_task(ticker.run())
            tasks.create_task(streams.run())
            tasks.create_task(waiters.run())
            tasks.create_task(courier.run())
            yield
            ticker.stop()
            courier.stop()
            streams.close()
            waiters.close()
            app.state.parsing.close()
            app.state.study_verdicts.close()
            app.state.objective_verdicts.close()
        if owned:
            db.dispose()

    return lifespan


def _load_late() -> None:
    """Load SciPy; where that fails, as for want of open files, a verdict tries again when it is asked for."""
    try:
        late_scipy.load()
    except (OSError, ImportError) as error:
        _log.warning("SciPy is not loaded yet", reason=str(error))


def _count(metrics: Metrics, done: Tick | None) -> None:
    if done is None:
        metrics.failed_ticks.inc()
    else:
        metrics.reaped.inc(done.leases_reaped)
        metrics.moved.inc(done.sweeps_moved)
