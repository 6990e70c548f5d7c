"""Many rows in one go, inside the caller's transaction: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection


def insert_rows(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same keys (column names of `table`); the other columns take their defaults."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(sa.insert(table), list(rows))
        return
    names = list(rows[0])
    columns = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
    statement = f"COPY {table.name} ({columns}) FROM STDIN"
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_plain(row[name]) for name in names])
    except psycopg.Error as error:
        raise _wrapped(connection, statement, error) from error
    finally:
        cursor.close()


def _wrapped(connection: Connection, statement: str, error: psycopg.Error) -> BaseException:
    """The driver's error as SQLAlchemy raises those of its own statements, which callers repeat or translate.

    A full disk, a deadlock with the rows' parents, a connection that breaks: all of them happen here too.
    """
    broken = connection.dialect.is_disconnect(cast(Any, error), connection.connection.dbapi_connection, None)
    if broken:
        connection.invalidate(error)
    return sa.exc.DBAPIError.instance(
        statement, None, error, psycopg.Error, connection_invalidated=broken, dialect=connection.dialect
    )


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, Enum) and not isinstance(value, str) else value
