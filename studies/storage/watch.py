"""The look that a service takes at its database now and again, and that decides whether other calls may use it."""

from __future__ import annotations

import sqlalchemy as sa

from studies.storage.engine import Database
from studies.storage.faults import READ_ONLY_SERVER
from studies.storage.migrate import judge


def look(database: Database) -> None:
    """Check that this is the database it was, with this program's tables; while it is not, every call is refused.

    Raises:
        SchemaError: its tables are not this program's.
        StorageUnavailableError: the database cannot be reached, or is another one.
    """
    database.refusal = judge(database)  # what a connection fails with is found by every call itself
    if database.refusal is not None:
        raise database.refusal.with_traceback(None)


def require_usable(database: Database) -> None:
    """`look`, and check that changes are accepted.

    Raises:
        SchemaError, StorageUnavailableError: as `look`; also where the database is read-only.
    """
    look(database)
    if database.file is not None:
        database.file.require_writable()
        return
    with database.read() as connection:
        answer = connection.execute(sa.text("SELECT current_setting('transaction_read_only')")).scalar_one()
    if answer == "on":
        raise READ_ONLY_SERVER.error(database.address)
