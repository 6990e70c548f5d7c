"""The statements that requests ask a database, without those of what a service does in the background."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import sqlalchemy as sa

from studies.storage.engine import Database

REQUESTS = "AnyIO worker thread"  # in which routes run; a service's own work runs in threads of other names


@contextlib.contextmanager
def asked_by_requests(database: Database) -> Iterator[list[str]]:
    """A list that grows with each statement of a route."""
    asked: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.current_thread().name == REQUESTS:
            asked.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", seen)
    yield asked
    sa.event.remove(database.engine, "before_cursor_execute", seen)
