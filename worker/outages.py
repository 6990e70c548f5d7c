"""Says that the database cannot be used: once for each reason and each part of the worker, not at each attempt."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog

AGAIN_SECONDS = 300.0  # after which a reason that lasts is logged again
log = structlog.get_logger(__name__)


class Outages:
    """The outages that one part of a worker meets; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason = ""
        self._logged = 0.0  # monotonic

    def note(self, event: str, error: Exception, **more: Any) -> None:
        """Log an outage, unless it is the one that was logged last and that is not long ago."""
        reason, now = str(error), time.monotonic()
        with self._lock:
            if reason == self._reason and now - self._logged < AGAIN_SECONDS:
                return
            self._reason, self._logged = reason, now
        log.warning(event, error=reason, **more)

    def over(self) -> None:
        """Log that the database can be used again, if it could not."""
        with self._lock:
            was, self._reason = self._reason, ""
        if was:
            log.info("the database can be used again")
