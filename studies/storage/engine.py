"""The connection to the database: PostgreSQL for many workers, SQLite for one machine.

Promises that every other module of `studies.storage` builds on:

- `Database.write` runs its work in one transaction and repeats all of it, with jitter and a bound (`patience`), after a
  deadlock, a serialization failure or a locked file. Work must therefore have no effect but through its connection.
- A SQLite transaction that writes begins IMMEDIATE: it waits for the file before it reads anything, so that no claim is
  decided on rows another process is about to change. Readers see a snapshot and never wait (WAL).
- `Database.read` sees one snapshot on both backends. Changes that wait leave it half of the connections.
- Each transaction is in the database that the first one was in: another file or server under the same address is found
  out (`sqlite_file`, `postgresql`), and nothing but `migrate` makes a file.
- `now` is the database's clock, the only one that decides about leases; every time is aware and UTC.
- Driver errors become sentences in `faults`, with every secret masked. A lost connection surfaces as
  `StorageUnavailableError`: whether a COMMIT went through is then unknown, and every writing function says how to call
  it again.

A `Database` must not cross a fork: open it in the process that uses it.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from studies.errors import StorageError
from studies.storage import address as addresses
from studies.storage import postgresql
from studies.storage.address import Address, Kind
from studies.storage.faults import (
    BUSY,
    LOCKED,
    NO_TABLES,
    Fault,
    is_lock_timeout,
    is_repeatable,
    of_driver,
    of_sqlite,
)
from studies.storage.faults import UPGRADE as UPGRADE
from studies.storage.patience import COMMAND, PAUSE_CAP, SAMPLER_SECONDS, SLICE, Patience
from studies.storage.sqlite_file import REOPENED, Renewal, SqliteFile, use_wal

T = TypeVar("T")

GONE = Fault(
    "has lost its golden-study tables while this program used it",
    f"restore a backup (docs/operations.md), or run `{UPGRADE}` for new ones and restart this program",
)
_POSTGRESQL_CLOCK = sa.text("SELECT clock_timestamp()")
_SQLITE_CLOCK = sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
DriverError = (sa.exc.DBAPIError, sqlite3.Error)


class Database:
    """An open database; `open_database` makes one."""

    def __init__(
        self, engine: sa.Engine, address: Address, *, file: SqliteFile | None, pool_size: int, patience: Patience
    ) -> None:
        self.engine = engine
        self.address = address
        self.kind: Kind = address.kind
        self.url_shown = address.shown
        self.refusal: StorageError | None = None  # set by `watch.look`: why every call is refused for now
        self.mark = 0  # of its content (`identity`), set by `require_current`; 0: not looked at yet
        self.file = file
        self._patience = patience
        self._writers = threading.BoundedSemaphore(pool_size)  # of twice as many connections
        self._retired: weakref.WeakSet[sa.Pool] = weakref.WeakSet()  # to which connections may still come back
        self._renewing = threading.Lock()
        self._reader = engine.execution_options(golden_read=True)
        if self.kind == "postgresql":
            self._reader = self._reader.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction, committed at the end and rolled back on any error. It is not repeated: see `write`.

        Raises:
            StorageUnavailableError: the database cannot be reached, or stayed locked.
            SchemaError: its tables are missing or older than this program.
        """
        due = self._patience.due()
        with self._translated(), self._seat(due), self._transaction(self.engine, due) as connection:
            yield connection

    @contextmanager
    def read(self, *, despite_refusal: bool = False) -> Iterator[Connection]:
        """A reading transaction on one snapshot; same errors as `begin`.

        Args:
            despite_refusal: for the look that decides whether everything else is refused.
        """
        due = self._patience.due()
        with self._translated(), self._transaction(self._reader, due, ask=not despite_refusal) as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """The result of `work`, run in one writing transaction that is repeated while it only lost a race.

        Raises:
            StorageUnavailableError: the database cannot be reached, or the race was lost until patience ended.
            SchemaError: its tables are missing or older than this program.
        """
        due, pause = self._patience.due(), 0.01
        with self._translated(), self._seat(due):
            while True:
                try:
                    with self._transaction(self.engine, due) as connection:
                        return work(connection)
                except sa.exc.DBAPIError as error:
                    if not is_repeatable(error) or time.monotonic() + self._longest_wait(error) > due:
                        raise
                time.sleep(random.uniform(0.0, pause))
                pause = min(PAUSE_CAP, 2 * pause)

    @contextmanager
    def creating(self) -> Iterator[None]:
        """Inside, a missing SQLite file is made; `migrate` alone needs it."""
        with contextlib.nullcontext() if self.file is None else self.file.creating():
            yield

    def busy(self) -> StorageError:
        """The error of a call that found no connection in time."""
        return BUSY.error(self.address)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self._renew()
        if self.file is not None:
            self.file.release()

    # --- one transaction ----------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self, engine: sa.Engine, due: float, *, ask: bool = True) -> Iterator[Connection]:
        if ask and self.refusal is not None:
            raise self.refusal.with_traceback(None)  # else each raise would add to it
        connection = self._begun(engine, due)
        try:
            yield connection
            if engine is self.engine:
                self._check_place(connection)
            connection.commit()
            if engine is self.engine:
                self._check_commit(connection)
        finally:
            connection.close()

    def _begun(self, engine: sa.Engine, due: float) -> Connection:
        """A connection with a transaction begun, in the right database."""
        while True:
            self._close_retired()
            try:
                return self._begin_once(engine)
            except Renewal:
                self._renew()
            except StorageError as error:
                if not error.passes or time.monotonic() > due:
                    raise
            except DriverError as error:
                if not _is_locked_file(error) or time.monotonic() + SLICE > due:
                    raise
            time.sleep(random.uniform(0.0, 0.05))

    def _begin_once(self, engine: sa.Engine) -> Connection:
        connection = engine.connect()
        writing = engine is self.engine
        try:
            if self.file is not None:
                self.file.freshen(_raw(connection))
                if writing:
                    use_wal(_raw(connection))
            connection.begin()
            if self.file is not None:
                self.file.check(_raw(connection), writing=writing)
            return connection
        except BaseException as error:
            connection.close()
            if self.file is not None:
                self.file.explain(getattr(error, "orig", error))
            raise

    def _check_place(self, connection: Connection) -> None:
        """A change that would go into a file that was removed is not made: what was saved of the file would lack it."""
        if self.file is None:
            return
        try:
            self.file.check_place(_raw(connection))
        except Renewal:
            self._renew()
            raise REOPENED.error(self.address) from None

    def _check_commit(self, connection: Connection) -> None:
        if self.file is None:
            return
        try:
            self.file.check_commit(_raw(connection))
        except Renewal:
            self._renew()

    def _renew(self) -> None:
        """Close every connection: those in use once they are back, at the latest before the next transaction."""
        with self._renewing:  # else, of two at once, the second could replace a pool that nobody has noted
            self._retired.add(self.engine.pool)
            self.engine.dispose()
        self._close_retired()

    def _close_retired(self) -> None:
        """Close what came back to a pool after that was replaced: SQLAlchemy would keep it open there for good."""
        if self._retired:
            with self._renewing:
                for pool in self._retired:
                    pool.dispose()

    @contextmanager
    def _seat(self, due: float) -> Iterator[None]:
        """One of the connections that changes may use; the others are left to reads."""
        if not self._writers.acquire(timeout=max(0.0, due - time.monotonic())):
            raise self.busy()
        try:
            yield
        finally:
            self._writers.release()

    def _longest_wait(self, error: sa.exc.DBAPIError) -> float:
        """How long the next attempt may take to be refused for the same reason."""
        if self.kind == "sqlite":
            return SLICE
        return self._patience.lock if is_lock_timeout(error) else 0.0

    # --- errors -------------------------------------------------------------------------------------------------------

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DriverError as error:
            raise self._translate(error) from None
        except sa.exc.TimeoutError:
            raise self.busy() from None

    def _translate(self, error: sa.exc.DBAPIError | sqlite3.Error) -> Exception:
        if isinstance(error, sqlite3.Error):
            fault, words = of_sqlite(error), str(error)
        else:
            fault, words = of_driver(error), str(error.orig)
        if fault is None:
            return error
        if fault is NO_TABLES and self.mark:
            fault = GONE
        return fault.error(self.address, words)


def open_database(
    url: str, *, application: str = "golden", pool_size: int = 2, patience: Patience = COMMAND
) -> Database:
    """Open a database without connecting yet; the first use does, and recognises what is there before it writes.

    Args:
        url: `postgresql://user:password@host:5432/name` (or `postgres://`), or `sqlite:///path/to/file.db`.
        application: shown in PostgreSQL's `pg_stat_activity`.
        pool_size: connections kept; as many again are opened under load and closed after. Changes use at most so many.
        patience: how long calls wait.

    Raises:
        DatabaseUrlError: the URL is malformed, names another kind of database, or names no file.
    """
    where = addresses.parse(url)
    if where.kind == "postgresql":
        engine = postgresql.engine_for(where, application=application, pool_size=pool_size, patience=patience)
        return Database(engine, where, file=None, pool_size=pool_size, patience=patience)
    file = SqliteFile(where)
    engine = sa.create_engine(
        where.url.set(drivername="sqlite+pysqlite"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=patience.change,
        creator=file.connect,
    )
    event.listen(engine, "begin", _on_sqlite_begin)
    event.listen(engine, "handle_error", lambda context: file.note(context.original_exception))
    return Database(engine, where, file=file, pool_size=pool_size, patience=patience)


def allow_long_idle(connection: Connection) -> None:
    """Let this transaction send nothing for longer than others may: a sampler is about to work."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET LOCAL idle_in_transaction_session_timeout = '{SAMPLER_SECONDS}s'"))


def now(connection: Connection) -> datetime:
    """The database's clock: aware, UTC."""
    if connection.dialect.name == "postgresql":
        stamp: datetime = connection.execute(_POSTGRESQL_CLOCK).scalar_one()
        return stamp.astimezone(UTC)
    text = connection.execute(_SQLITE_CLOCK).scalar_one()
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _on_sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("golden_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _raw(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.dbapi_connection


def _is_locked_file(error: Exception) -> bool:
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    fault = of_sqlite(original) if isinstance(original, sqlite3.Error) else None
    return fault is LOCKED
