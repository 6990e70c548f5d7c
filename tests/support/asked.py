"""The statements that a database is asked, of requests alone or all of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import sqlalchemy as sa

from studies.storage.engine import Database

REQUESTS = "AnyIO worker thread"  # in which routes run; a service's own work runs in threads of other names


def asked_by_requests(database: Database) -> AbstractContextManager[list[str]]:
    """A list that grows with each statement of a route, without those of what a service does in the background."""
    return asked_of(database, lambda _: threading.current_thread().name == REQUESTS)


@contextlib.contextmanager
def asked_of(database: Database, counts: Callable[[str], bool] = lambda _: True) -> Iterator[list[str]]:
    """A list that grows with each statement that counts; `counts` is asked in the thread that runs it."""
    asked: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if counts(statement):
            asked.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", seen)
    yield asked
    sa.event.remove(database.engine, "before_cursor_execute", seen)
