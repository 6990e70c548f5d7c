"""Structured logs: lines for people on a console, JSON for collectors."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any, TextIO, cast

import structlog

from studies.local_time import stamp_local_time


class BestEffortStream:
    """A stream for logs that loses lines instead of raising, where a disk is full or the reader has gone.

    The lease keeper logs too; an error raised there would end its thread, and with it every lease.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes the text, or loses it."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flushes, where that is possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure_logs(form: str) -> None:
    """Sends every log line to standard error, as JSON where `form` is "json", else as lines for a console."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True) if form == "json" else stamp_local_time,
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
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, BestEffortStream(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    _show_engine_logs(shared, render)


def _show_engine_logs(shared: list[Any], render: list[Any]) -> None:
    """Shows the warnings of the training engine, which logs through the standard library, in the same form."""
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
