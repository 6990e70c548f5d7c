"""Logs: JSON lines in containers, readable lines on a terminal, one format for our own and for uvicorn's."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from service.settings import Settings

HIDDEN = ("token", "password", "secret", "authorization", "cookie")
QUIET = ("uvicorn.access", "httpx2", "alembic", "optuna")  # chatty below warnings


def configure(settings: Settings) -> None:
    """Send every log record of this process to standard error in the configured form."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(as_json)],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderers(as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _hide(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank what must never be written down, whoever logs it."""
    hidden: dict[str, Any] = {key: "***" for key in event if any(word in key.lower() for word in HIDDEN)}
    return {**event, **hidden}
