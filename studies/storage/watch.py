"""The look that a service takes at its database now and again, and that decides whether other calls may use it."""

from __future__ import annotations

import sqlalchemy as sa

from studies.errors import StorageError
from studies.storage.engine import Database
from studies.storage.faults import READ_ONLY_SERVER
from studies.storage.migrate import require_current


def look(database: Database) -> None:
    """Check that this is the database it was, with this program's tables; while it is not, every call is refused.

    Raises:
        SchemaError: its tables are not this program's.
        StorageUnavailableError: the database cannot be reached, or is another one.
    """
    try:
        require_current(database)
    except StorageError as error:
        database.refusal = None if error.passes else error
        raise
    database.refusal = None


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
