"""The mark of a database: a random number, made once, that a copy keeps and no other database has.

A program that runs compares it, so that another golden-study database under the same address is found out. In SQLite it
is the header's `user_version`, which can be read from the first bytes of the file; in PostgreSQL a counter. Databases
of earlier releases get theirs from the next migration or start of a service; until then nothing is compared.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage.engine import Database
from studies.storage.faults import Fault
from studies.storage.schema import counters

NAME = "identity"  # among the counters
ANOTHER = Fault(
    "is another golden-study database than when this program started",
    "put the former one back, or restart this program to use this one",
)
BITS = 31  # as many as `user_version` holds without a sign


def require_same(database: Database) -> None:
    """Check that the content is that of the database that was checked at the start.

    Raises:
        StorageUnavailableError: it is another's, or the database cannot be reached.
    """
    if not database.mark:
        return
    with database.read() as connection:
        mark = of(connection)
    if mark != database.mark:
        raise ANOTHER.error(database.address)


def of(connection: Connection) -> int:
    """The mark; 0 where there is none yet."""
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    found = connection.execute(sa.select(counters.c.value).where(counters.c.name == NAME)).scalar_one_or_none()
    return int(found or 0)


def note(connection: Connection) -> None:
    """Give the database its mark, unless it has one."""
    if of(connection):
        return
    mark = secrets.randbits(BITS) or 1
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {mark}")
        return
    insert = "INSERT INTO golden_counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
    connection.execute(sa.text(insert), {"name": NAME, "value": mark})
