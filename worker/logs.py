"""Structured logs: lines for people on a console, JSON for collectors."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure_logs(form: str) -> None:
    """Send every log line to standard error, as "console" or "json"."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        # Plain tracebacks: the pretty ones print local variables, which may be secret and are certainly long.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _show_engine_logs(shared, render)


def _show_engine_logs(shared: list[Any], render: list[Any]) -> None:
    """The training engine logs through the standard library: warnings, such as of memory that ran out, in our form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    engine = logging.getLogger("worker.training")
    engine.handlers = [handler]
    engine.setLevel(logging.WARNING)
