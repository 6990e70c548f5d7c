"""Lines that the program logs, whichever test used their logger first."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from structlog.testing import capture_logs


@contextmanager
def captured_logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged inside, one mapping a line with its `event` and `log_level`; grows while it is read.

    A structlog logger keeps the set-up of its first use. One that was never used is caught by structlog's own means;
    one that an earlier test bound to the standard library's logging is caught there.
    """
    with capture_logs() as lines:
        handler = _Collector(lines)
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            yield lines
        finally:
            root.removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, lines: list[MutableMapping[str, Any]]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            self.lines.append({**record.msg, "log_level": record.levelname.lower()})
