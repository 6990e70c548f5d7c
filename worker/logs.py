"""Structured logs: lines for people on a console, JSON for collectors; fewer than 100 a minute."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from studies.local_time import stamp_local_time
from studies.log_throttle import ThrottledHandler
from studies.text import printable

LIFECYCLE = frozenset({"ready", "stopped", "nothing waits: stopping"})  # always written
OURS = ("worker", "studies")


def escape(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor that escapes what a terminal would obey: names, messages and tracebacks may come from outside."""
    lines = ("exception", "stack")
    return {
        key: printable(value, keep="\n\t" if key in lines else "") if isinstance(value, str) else value
        for key, value in event.items()
    }


def configure_logs(form: str) -> None:
    """Sends every log line to standard error, as JSON where `form` is "json", else as lines for a console.

    Lines that cannot be written, on a full disk or to a reader that has gone, are lost: the lease keeper logs too, and
    an error raised there would end its thread, and with it every lease.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True) if form == "json" else stamp_local_time,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = ThrottledHandler(sys.stderr, exempt=_is_lifecycle)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(form)],
        )
    )
    _install(handler)


def _renderers(form: str) -> list[Any]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Plain tracebacks: the pretty ones print local variables, which may be secret and are certainly long.
    plain = structlog.dev.plain_traceback
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    return [structlog.processors.format_exc_info, escape, console]


def _install(handler: ThrottledHandler) -> None:
    """Replace an earlier handler by this one; of other libraries, and of the engine, only warnings are shown."""
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, ThrottledHandler)]:
        root.removeHandler(earlier)
        earlier.close()
    root.addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("worker.training").setLevel(logging.WARNING)


def _is_lifecycle(record: logging.LogRecord) -> bool:
    return isinstance(record.msg, dict) and record.msg.get("event") in LIFECYCLE
