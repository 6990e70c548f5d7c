"""Connections to PostgreSQL, each of which must be to the same database of the same server as those before."""

from __future__ import annotations

from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from studies.storage.address import Address
from studies.storage.faults import Fault
from studies.storage.patience import IDLE_SECONDS, Patience

RESTART = "restart this program to use the new one"
ANOTHER_SERVER = Fault(
    "is on another server (another cluster) than when this program started",
    f"connect this address to the former server again, or {RESTART}",
)
MADE_ANEW = Fault("was dropped and made anew while this program used it", f"restore the former one, or {RESTART}")
WHICH = "SELECT (SELECT oid FROM pg_database WHERE datname = current_database())"
WHERE = "SELECT system_identifier FROM pg_control_system()"


class PostgresPlace:
    """The server and database that the first connection reached; later ones must reach the same.

    Args:
        address: the URL.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._known: tuple[int | None, int | None] | None = None

    def connect(self, *arguments: Any, **options: Any) -> psycopg.Connection:
        """A connection.

        Raises:
            StorageError: it reached another database than those before.
            psycopg.Error: it reached none.
        """
        connection = psycopg.connect(*arguments, **options)
        try:
            found = (_asked(connection, WHERE), _asked(connection, WHICH))
            self._known = self._known or found
            if found != self._known:
                fault = MADE_ANEW if found[0] == self._known[0] else ANOTHER_SERVER
                raise fault.error(self._address)
        except BaseException:
            connection.close()
            raise
        return connection


def engine_for(address: Address, *, application: str, pool_size: int, patience: Patience) -> sa.Engine:
    """An engine that connects at its first use."""
    url = address.url
    settings = {
        "timezone": "UTC",
        "lock_timeout": f"{patience.lock:g}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    own = " ".join(f"-c {key}={value}" for key, value in settings.items())
    given = url.query.get("options", "")
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=patience.change,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "options": f"{given if isinstance(given, str) else ' '.join(given)} {own}".strip(),
            "application_name": application,
            "connect_timeout": patience.connect,
            "keepalives": 1,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    )
    place = PostgresPlace(address)
    event.listen(engine, "do_connect", lambda _dialect, _record, given, named: place.connect(*given, **named))
    return engine


def _asked(connection: psycopg.Connection, question: str) -> int | None:
    """One number; None where this user may not ask, as some providers have it."""
    try:
        row = connection.execute(question).fetchone()
    except psycopg.Error:
        row = None
    connection.rollback()
    return None if row is None else int(row[0])
