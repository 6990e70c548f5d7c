"""Failures of a database in words: what is wrong and what to do about it, one sentence each, for both back ends.

Driver errors are translated here and nowhere else. PostgreSQL's are known by their SQLSTATE; while a connection is made
the driver has none, so that the server's words decide, and where they are not English, a general sentence stands.
"""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

import sqlalchemy as sa

from studies.errors import SchemaError, StorageUnavailableError
from studies.storage.address import Address

UPGRADE = "golden db upgrade"
LATER = "try again later"
CORRECT = "correct GOLDEN_DATABASE_URL"
RIGHTS = "let this program's user read and write the file and its folder"
BACKUP = "put its content back, or a backup in its place and restart this program (docs/operations.md)"


class Fault(NamedTuple):
    """One failure.

    Attributes:
        what: is wrong; completes the sentence "the database ...".
        cure: what to do.
        passes: True if it may pass by itself.
        is_schema: True if the tables are at fault.
        private: what only the operator may see.
    """

    what: str
    cure: str
    passes: bool = False
    is_schema: bool = False
    private: str = ""

    def error(self, address: Address, cause: str = "") -> SchemaError | StorageUnavailableError:
        """The exception that says so; `cause` is in the driver's words, and only the operator sees it."""
        told = " ".join(address.mask(cause).split())
        cause = f" ({told})" if told else ""
        text = f"the database {address.shown} {self.what}{cause}; {self.private or self.cure}"
        kind = SchemaError if self.is_schema else StorageUnavailableError
        return kind(text, public=f"the database {self.what}; {self.cure}", passes=self.passes)


LOCKED = Fault("is locked by another program or transaction", LATER, passes=True)
BUSY = Fault("is busy: every connection to it is in use", LATER, passes=True)
FULL = Fault("has no disk space left", "make room on its disk", passes=True)
READ_ONLY_FILE = Fault("is read-only: its file or folder cannot be written", RIGHTS)
READ_ONLY_SERVER = Fault(
    "is read-only: its server accepts no changes",
    "switch default_transaction_read_only off, or connect to the primary server",
)
CLOSED = Fault("cannot be opened", RIGHTS)
DAMAGED = Fault("is damaged", BACKUP)
NOT_SQLITE = Fault(
    "is not a database: its file is not one of SQLite", "name another file in GOLDEN_DATABASE_URL, or restore a backup"
)
NO_TABLES = Fault("has no golden-study tables", f"run `{UPGRADE}`", is_schema=True)
OLD_TABLES = Fault("has tables that are missing or older than this program", f"run `{UPGRADE}`", is_schema=True)
OTHER = Fault("cannot be used at present", LATER, passes=True)
CUT = Fault("has closed the connection", LATER, passes=True)
LOGIN = Fault("refuses the user name or the password", f"{CORRECT}, or set the user's password on the server")
RIGHT = Fault("refuses a right that this program needs", "grant its user every right on the tables and their schema")
FULL_HOUSE = Fault("has no connection left", f"{LATER}, or raise max_connections on its server", passes=True)
STARTS = Fault("is starting or stopping", LATER, passes=True)

# By the first letters of the SQLSTATE, the longest first.
_STATES = {
    "55P03": LOCKED, "40": LOCKED,
    "25006": READ_ONLY_SERVER, "42501": RIGHT, "28": LOGIN,
    "42P01": NO_TABLES, "42703": OLD_TABLES, "3F000": NO_TABLES,
    "3D000": Fault("is not there", f"create it (`createdb NAME`), then run `{UPGRADE}`"),
    "53100": FULL, "53200": Fault("has no memory left", LATER, passes=True), "53300": FULL_HOUSE,
    "57P03": STARTS, "57P01": CUT, "57P02": CUT, "57P05": CUT, "25P0": CUT, "08": CUT,
    "57014": Fault("cut a statement that took too long", LATER, passes=True),
    "XX001": DAMAGED, "XX002": DAMAGED,
}  # fmt: skip
_CONNECTING = {
    r"authentication failed|no password supplied|role .* does not exist|not permitted to log in": LOGIN,
    r"pg_hba\.conf": Fault("refuses connections from this machine", "allow them in the server's pg_hba.conf"),
    r"database .* does not exist": _STATES["3D000"],
    r"not currently accepting connections": Fault(
        "accepts no connections", "allow them (ALTER DATABASE) on its server"
    ),
    r"Name or service not known|No address associated|nodename nor servname": Fault(
        "cannot be found: no host has that name", f"{CORRECT}, or the name server"
    ),
    r"Temporary failure in name resolution": Fault(
        "cannot be found: the name server does not answer", LATER, passes=True
    ),
    r"Connection refused|No such file or directory": Fault(
        "cannot be reached: nothing listens at its host and port",
        "start its server, or correct host and port in GOLDEN_DATABASE_URL",
        passes=True,
    ),
    r"timeout expired|timed out|No route to host|Network is unreachable|Host is down": Fault(
        "cannot be reached: its host does not answer", f"look at host and network, or {LATER}", passes=True
    ),
    r"invalid response|unsupported frontend protocol|expected authentication request": Fault(
        "is no PostgreSQL: another program answers at its host and port", f"{CORRECT}"
    ),
    r"SSL|certificate": Fault("refuses the way of encryption", f"{CORRECT} (sslmode and its like)"),
    r"unrecognized configuration parameter|invalid value for parameter|permission denied to set parameter": Fault(
        "refuses an option of the URL", f"{CORRECT}"
    ),
    r"too many (clients|connections)|connection slots": FULL_HOUSE,
    r"starting up|shutting down|recovery mode|not yet accepting": STARTS,
    r"permission denied for database": RIGHT,
}
_SQLITE = {
    "SQLITE_BUSY": LOCKED, "SQLITE_LOCKED": LOCKED, "SQLITE_PROTOCOL": LOCKED,
    "SQLITE_READONLY": READ_ONLY_FILE, "SQLITE_CANTOPEN": CLOSED, "SQLITE_PERM": CLOSED, "SQLITE_AUTH": CLOSED,
    "SQLITE_NOTADB": NOT_SQLITE, "SQLITE_CORRUPT": DAMAGED, "SQLITE_FULL": FULL,
    "SQLITE_IOERR": Fault("cannot be read or written: its disk reports an error", "look at the disk", passes=True),
}  # fmt: skip
_REPEATABLE = {"40P01", "40001", "55P03"}  # deadlock, serialization failure, lock timeout


def of_driver(error: sa.exc.DBAPIError) -> Fault | None:
    """The fault that a driver's error means; None where the error is no fault of the database but of a statement."""
    if isinstance(error.orig, sqlite3.Error):
        return of_sqlite(error.orig)
    state = sqlstate(error)
    for length in range(5, 1, -1):
        if state[:length] in _STATES:
            return _STATES[state[:length]]
    unreachable = (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.InterfaceError)
    if error.connection_invalidated or isinstance(error, unreachable) or type(error) is sa.exc.DatabaseError:
        return next((fault for words, fault in _CONNECTING.items() if re.search(words, str(error.orig))), OTHER)
    return None


def of_sqlite(error: sqlite3.Error) -> Fault | None:
    """The same for an error of SQLite."""
    name = getattr(error, "sqlite_errorname", "")
    for code, fault in _SQLITE.items():
        if name.startswith(code):
            return fault
    text = str(error)
    if text.startswith("no such table"):
        return NO_TABLES
    if text.startswith("no such column") or " no column named " in text:
        return OLD_TABLES
    return OTHER if isinstance(error, sqlite3.OperationalError | sqlite3.InternalError) else None


def is_damage(error: BaseException | None) -> bool:
    """True for an error of SQLite that says that the file's content is broken."""
    return isinstance(error, sqlite3.Error) and of_sqlite(error) in {DAMAGED, NOT_SQLITE}


def is_repeatable(error: sa.exc.DBAPIError) -> bool:
    """True if a transaction only lost a race, so that it may be run again."""
    if isinstance(error.orig, sqlite3.Error):
        return of_sqlite(error.orig) is LOCKED
    return sqlstate(error) in _REPEATABLE


def is_lock_timeout(error: sa.exc.DBAPIError) -> bool:
    """True if PostgreSQL waited for a lock as long as it may."""
    return sqlstate(error) == "55P03"


def sqlstate(error: sa.exc.DBAPIError) -> str:
    """PostgreSQL's code, "" where there is none."""
    return str(getattr(error.orig, "sqlstate", None) or "")
