"""Signed texts that no longer work, kept until they expire: login codes that were used, sessions that were logged out.

In the database, so that neither a restart nor a second service lets one work again.
"""

from __future__ import annotations

import hashlib
import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import schema
from studies.storage.engine import Database

PREFIX = "code-"  # of their names among the counters; the value is when they expire
counter = schema.counters.c


def use_once(database: Database, code: str, *, expires: int) -> bool:
    """Mark a code as used; False if it was used before. Only a digest of it is kept.

    Args:
        code: a text that must not work twice.
        expires: seconds since 1970; afterwards the code's signature is refused, and the code is forgotten here.

    Raises:
        StorageUnavailableError: the database cannot be reached. The code may be marked.
    """

    def work(connection: Connection) -> None:
        stale = sa.delete(schema.counters).where(counter.name.startswith(PREFIX), counter.value < int(time.time()))
        connection.execute(stale)
        connection.execute(sa.insert(schema.counters).values(name=_name(code), value=expires))

    try:
        database.write(work)
    except sa.exc.IntegrityError:
        return False
    return True


def is_used(database: Database, code: str) -> bool:
    """True where a code was marked as used.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        return connection.scalar(sa.select(counter.value).where(counter.name == _name(code))) is not None


def _name(code: str) -> str:
    return PREFIX + hashlib.sha256(code.encode()).hexdigest()[: 32 - len(PREFIX)]
