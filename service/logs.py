"""Logs: JSON lines in containers, readable lines on a terminal; our own records and uvicorn's in one format.

Fewer than 100 lines a minute are written (`studies/log_throttle.py`). Lines of a start and a stop are always written;
so are the access log and debugging lines, where a setting asks for them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from service.settings import Settings
from studies.local_time import stamp_local_time
from studies.log_throttle import ThrottledHandler
from studies.text import printable

HIDDEN = ("token", "password", "secret", "authorization", "cookie")
PLAIN = (bool, int, float, type(None))
ACCESS = "service.access"
STARTS = frozenset({"service.commands.server", "service.server"})  # they log at a start and at a stop, nothing else
_LATER: set[str] = set()  # secrets that came into force since the start
QUIET = ("uvicorn.access", "httpx2", "alembic", "optuna")  # only their warnings are of use


def configure(settings: Settings) -> None:
    """Send every log record of this process to standard error in the configured form."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,  # the request id
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True) if as_json else stamp_local_time,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = ThrottledHandler(sys.stderr, exempt=partial(_always_written, access_log=settings.access_log is True))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                Hider(secrets_of(settings)),
                *_renderers(as_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide(secret: str) -> None:
    """Blank a secret in every later log line of this process: a token whose file was read again."""
    if secret:
        _LATER.add(secret)


def _always_written(record: logging.LogRecord, *, access_log: bool) -> bool:
    """True for lines of a start or a stop, and for those that a setting asks for by name."""
    if record.levelno <= logging.DEBUG or (record.name, record.levelno) == ("uvicorn.error", logging.INFO):
        return True
    return record.name in STARTS or (access_log and record.name == ACCESS)


def _renderers(as_json: bool) -> list[Processor]:
    """The last processors. Tracebacks are text by now, without local variables, which might hold a secret."""
    if as_json:
        return [structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def secrets_of(settings: Settings) -> list[str]:
    """Every secret in force, as it might turn up in a text."""
    url = settings.database_url.get_secret_value()
    try:
        password = urlsplit(url).password
    except ValueError:  # not a URL: hide all of it
        password = url
    tokens = [token.get_secret_value() for token in (settings.token, settings.read_token) if token is not None]
    return [text for text in (*tokens, password, unquote(password or "")) if text]


class Hider:
    """A processor that replaces secrets by `***`: by the name of their field, and by their value in any text.

    Args:
        secrets: the values in force.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """The event without secrets and with control characters escaped."""
        return {key: self._shown(key, value) for key, value in event.items()}

    def _shown(self, key: str, value: Any) -> Any:
        if any(word in key.lower() for word in HIDDEN):
            return "***"
        if isinstance(value, PLAIN):
            return value
        return printable(self._without_secrets(str(value)), keep="\n\t" if key == "exception" else "")

    def _without_secrets(self, text: str) -> str:
        for secret in (*self._secrets, *_LATER):
            text = text.replace(secret, "***")
        return text
