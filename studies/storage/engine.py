"""The connection to the database: PostgreSQL for many workers, SQLite for one machine.

Promises that every other module of `studies.storage` builds on:

- `Database.write` runs its work in one transaction and repeats all of it, with jitter and a bound, after a deadlock, a
  serialization failure or a busy SQLite file. Work must therefore have no effect but through its connection.
- A SQLite transaction that writes begins IMMEDIATE: it waits for the file before it reads anything, so that no claim is
  decided on rows another process is about to change. Readers see a snapshot and never wait (WAL).
- `Database.read` sees one snapshot on both backends.
- `now` is the database's clock, the only one that decides about leases; every time is aware and UTC.
- Driver errors are translated here and nowhere else, in one sentence, with the password masked. A lost connection
  surfaces as `StorageUnavailableError`: whether a COMMIT went through is then unknown, and every writing function says
  how to call it again.

A `Database` must not cross a fork: open it in the process that uses it.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url

from studies.errors import DatabaseUrlError, SchemaError, StorageUnavailableError

T = TypeVar("T")

UPGRADE = "golden db upgrade"
RETRIES = 8  # of a transaction that lost a deadlock or found the file busy
RETRY_CAP = 1.0  # seconds, longest pause between two of them
BUSY_SECONDS = 30  # SQLite waits so long for the file
CONNECT_SECONDS = 10
LOCK_SECONDS = 60  # PostgreSQL waits so long for a row
IDLE_SECONDS = 20  # an open transaction that sends nothing for this long is cut: a frozen worker must not block others
SAMPLER_SECONDS = 600  # the same while a sampler works inside its transaction
SQLITE_ORDER = ("busy_timeout = 30000", "synchronous = NORMAL", "foreign_keys = ON")
_REPEATABLE = {"40P01", "40001", "55P03"}  # deadlock, serialization failure, lock timeout
_MISSING = {"42P01", "42703"}  # undefined table, undefined column


class Database:
    """An open database; `open_database` makes one."""

    def __init__(self, engine: sa.Engine, kind: Literal["sqlite", "postgresql"]) -> None:
        self.engine = engine
        self.kind: Literal["sqlite", "postgresql"] = kind
        self.url_shown = engine.url.render_as_string(hide_password=True)
        self._reader = engine.execution_options(golden_read=True)
        if kind == "postgresql":
            self._reader = self._reader.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction, committed at the end and rolled back on any error. It is not repeated: see `write`.

        Raises:
            StorageUnavailableError: the database cannot be reached, or stayed busy.
            SchemaError: its tables are missing or older than this program.
        """
        with self._translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction on one snapshot; same errors as `begin`."""
        with self._translated(), self._reader.begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """The result of `work`, run in one writing transaction that is repeated while it only lost a race.

        Raises:
            StorageUnavailableError: the database cannot be reached, or the race was lost too often.
            SchemaError: its tables are missing or older than this program.
        """
        for attempt in range(RETRIES):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as error:
                if attempt == RETRIES - 1 or not _is_repeatable(error):
                    raise self._translate(error) from None
            except sa.exc.TimeoutError:
                raise self._unavailable("every connection of the pool is in use") from None
            time.sleep(random.uniform(0.0, min(RETRY_CAP, 0.01 * 2**attempt)))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self._translate(error) from None
        except sa.exc.TimeoutError:
            raise self._unavailable("every connection of the pool is in use") from None

    def _translate(self, error: sa.exc.DBAPIError) -> Exception:
        text = str(error.orig).strip().split("\n")[0]
        if (
            _sqlstate(error) in _MISSING
            or text.startswith(("no such table", "no such column"))
            or " no column named " in text
        ):
            return SchemaError(
                f"the tables of {self.url_shown} are missing or older than this program; run `{UPGRADE}`"
            )
        unreachable = (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.InterfaceError)
        if error.connection_invalidated or isinstance(error, unreachable) or type(error) is sa.exc.DatabaseError:
            return self._unavailable(text)
        return error

    def _unavailable(self, text: str) -> StorageUnavailableError:
        password = self.engine.url.password
        shown = text.replace(str(password), "***") if password else text
        return StorageUnavailableError(
            f"the database {self.url_shown} cannot be used at present ({shown}); try again later"
        )


def open_database(url: str, *, application: str = "golden", pool_size: int = 2) -> Database:
    """Open a database without connecting yet; the first use does.

    Args:
        url: `postgresql://user:password@host:5432/name` (or `postgres://`), or `sqlite:///path/to/file.db`.
        application: shown in PostgreSQL's `pg_stat_activity`.
        pool_size: connections kept; as many again are opened under load and closed after.

    Raises:
        DatabaseUrlError: the URL is malformed, names another kind of database, or names no file.
    """
    try:
        parsed = make_url(url)
        driver = parsed.drivername
    except (sa.exc.ArgumentError, ValueError):
        raise DatabaseUrlError(
            "the database URL is malformed; write postgresql://user:password@host/name or sqlite:///file.db"
        ) from None
    if driver in {"postgres", "postgresql", "postgresql+psycopg"}:
        return Database(_postgresql(parsed, application, pool_size=pool_size), "postgresql")
    if driver in {"sqlite", "sqlite+pysqlite"}:
        return Database(_sqlite(parsed, pool_size=pool_size), "sqlite")
    raise DatabaseUrlError(f"the database URL begins with {driver}://; use postgresql:// or sqlite:///")


def allow_long_idle(connection: Connection) -> None:
    """Let this transaction send nothing for longer than others may: a sampler is about to work."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET LOCAL idle_in_transaction_session_timeout = '{SAMPLER_SECONDS}s'"))


def now(connection: Connection) -> datetime:
    """The database's clock: aware, UTC."""
    if connection.dialect.name == "postgresql":
        stamp: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return stamp.astimezone(UTC)
    text = connection.execute(sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _postgresql(url: URL, application: str, *, pool_size: int) -> sa.Engine:
    settings = {
        "timezone": "UTC",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    own = " ".join(f"-c {key}={value}" for key, value in settings.items())
    given = url.query.get("options", "")
    try:
        make_conninfo("", **{key: str(value) for key, value in url.query.items()})
    except psycopg.ProgrammingError as error:
        raise DatabaseUrlError(f"the database URL has an option that PostgreSQL does not know: {error}") from None
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "options": f"{given if isinstance(given, str) else ' '.join(given)} {own}".strip(),
            "application_name": application,
            "connect_timeout": CONNECT_SECONDS,
            "keepalives": 1,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    )


def _sqlite(url: URL, *, pool_size: int) -> sa.Engine:
    path = url.database
    if url.host or url.query or not path or path == ":memory:" or path.startswith("file:"):
        raise DatabaseUrlError(
            "a SQLite URL must name a plain file, such as sqlite:///golden.db: workers and service share it"
        )
    if Path(path).is_dir():
        raise DatabaseUrlError(
            f"{path} is a folder; name a file inside it, such as sqlite:///{path.rstrip('/')}/golden.db"
        )
    if not Path(path).absolute().parent.is_dir():
        raise DatabaseUrlError(f"the folder of {path} does not exist; create it first")
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS},
    )
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_on_sqlite_begin` does
    for pragma in SQLITE_ORDER:
        connection.execute(f"PRAGMA {pragma}")
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:  # another process is switching; the switch ignores busy_timeout
            if "locked" not in str(error) or time.monotonic() > deadline:  # a file that cannot be written never will be
                raise
            time.sleep(random.uniform(0.0, 0.05))


def _on_sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("golden_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _sqlstate(error: sa.exc.DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _is_repeatable(error: sa.exc.DBAPIError) -> bool:
    return _sqlstate(error) in _REPEATABLE or str(error.orig).startswith(
        ("database is locked", "database table is locked")
    )
