"""A look at a SQLite file that changes nothing: no journal, no switch to WAL, no lock, not even a time stamp.

Only SQLite itself opens the file. Were Python to open and close it, the system would drop the locks that this process
holds on it (POSIX), and another process could take the file from under us.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from studies.storage.contents import OPTUNA_VERSION_TABLE
from studies.storage.faults import CLOSED, DAMAGED, NOT_SQLITE, Fault, of_sqlite

SMALLEST = 512  # bytes of a page
STAMP = (
    "SELECT (SELECT coalesce(sum(revision), 0) FROM golden_studies) "
    "+ (SELECT coalesce(sum(value), 0) FROM golden_counters WHERE name = 'retired_revisions')"
)


@dataclass(frozen=True, slots=True)
class Look:
    """Contents of a file.

    Attributes:
        tables: their names.
        theirs: the revision in `alembic_version`; None where there is none.
        mark: the mark of this database (`studies.storage.identity`); 0 for none.
        stamp: rises with every visible change of a golden-study database; None for any other.
    """

    tables: frozenset[str]
    theirs: str | None
    mark: int
    stamp: int | None

    def has_all_of(self, mark: int, stamp: int | None) -> bool:
        """True if this is the database of that mark, and lacks nothing that was there at that stamp (None: unknown)."""
        return self.mark == mark and (stamp is None or (self.stamp is not None and self.stamp >= stamp))


def uri(path: str, mode: str, **options: int) -> str:
    """The name by which SQLite opens a file in a mode: ro, rw (never makes it) or rwc."""
    return f"file:{quote(path)}?mode={mode}" + "".join(f"&{key}={value}" for key, value in options.items())


def look(path: str) -> Look | Fault:
    """The contents of a file that is there, or why they cannot be read.

    The file alone is read first. What a crashed or running program left in the write-ahead log beside it counts only
    where the file alone shows no tables or cannot be understood.

    Raises:
        OSError: the file is not there.
    """
    if Path(path).stat().st_size < SMALLEST:  # SQLite would take it for an empty one
        return NOT_SQLITE
    alone = _read(path, immutable=1)
    if isinstance(alone, Look) and alone.tables:
        return alone
    if _has_log(path) and alone is not NOT_SQLITE:
        return _read(path)
    return alone


def look_with_log(path: str) -> Look | Fault:
    """The contents with what lies in the write-ahead log, if there is one."""
    return _read(path) if _has_log(path) else _read(path, immutable=1)


def mark(connection: sqlite3.Connection) -> int:
    """See `Look.mark`."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def stamp(connection: sqlite3.Connection) -> int | None:
    """See `Look.stamp`."""
    try:
        return int(connection.execute(STAMP).fetchone()[0])
    except sqlite3.OperationalError:
        return None


def _has_log(path: str) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"{path}-wal").stat().st_size > 0
    return False


def _read(path: str, **options: int) -> Look | Fault:
    try:
        with _opened(path, **options) as connection:
            names = frozenset(
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            )
            return Look(names, _theirs(connection, names), mark(connection), stamp(connection))
    except (sqlite3.Error, UnicodeError) as error:
        if not os.access(path, os.R_OK):
            return CLOSED
        return (of_sqlite(error) if isinstance(error, sqlite3.Error) else None) or DAMAGED


@contextlib.contextmanager
def _opened(path: str, **options: int) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(uri(path, "ro", **options), uri=True, timeout=1.0, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _theirs(connection: sqlite3.Connection, names: frozenset[str]) -> str | None:
    if OPTUNA_VERSION_TABLE not in names:
        return None
    try:
        row = connection.execute(f"SELECT version_num FROM {OPTUNA_VERSION_TABLE}").fetchone()
    except sqlite3.OperationalError:
        return "without a version"
    return None if row is None else str(row[0])
