"""The SQLite file that a process works on, watched: is what lies at its path still that file, whole and the same?

Checked at the begin of every transaction, and again after each commit, so that no change is confirmed that went into a
file nobody will find again. A check is a handful of system calls.

| what happened | how it is seen | what follows |
|---|---|---|
| removed, moved, replaced | device and inode at the path | refused; goes on once the same file is back |
| removed, or replaced by `mv` | no name is left for the open file | its content is saved beside it (`rescue`) |
| a copy that lacks nothing is put back | mark and stamp of both | every connection is opened anew, and it goes on |
| overwritten, cut short, another or older content copied over it | its first 100 bytes | refused until it is whole |
| made read-only | `access` | changes are refused |
| its -wal or -shm removed | device and inode | what is in them is written to the file, then they are made anew |

The last is safe only while no other process writes: the locks that would tell of it lie in the files that were removed.

A file is only ever made where `creating` says so; nothing else makes an empty database where one went missing.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat as modes
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from studies.errors import DatabaseUrlError, StorageError
from studies.storage import sqlite_look
from studies.storage.address import Address
from studies.storage.contents import foreign
from studies.storage.faults import (
    CLOSED,
    DAMAGED,
    LATER,
    READ_ONLY_FILE,
    UPGRADE,
    Fault,
    is_damage,
)
from studies.storage.held_files import HeldFile, Key, hold, key_of
from studies.storage.patience import SLICE
from studies.storage.rescue import rescue

ORDER = ("synchronous = NORMAL", "foreign_keys = ON")
RESTART = "restart this program to use the new one"

MISSING = Fault("is not there: there is no such file", f"run `{UPGRADE}`, which makes it", is_schema=True)
EMPTY = Fault("is an empty file", f"run `{UPGRADE}`, which makes the tables", is_schema=True)
NO_FILE = Fault("is no plain file", "name another in GOLDEN_DATABASE_URL")
REMOVED = Fault("was removed while this program used it", "put its file back, or restart this program")
MOVED = Fault("was moved away while this program used it", "move its file back, or restart this program")
REPLACED = Fault("was replaced by another file while this program used it", f"put the former file back, or {RESTART}")
WITHOUT_LOG = Fault("has lost its -wal or -shm file and is being put in order", LATER, passes=True)
REOPENED = Fault("is being opened anew", LATER, passes=True)


class Renewal(Exception):
    """Every connection must be closed and opened anew; nothing is lost by it."""


class _Connection(sqlite3.Connection):
    """A connection whose end is noticed."""

    on_close: weakref.WeakSet[_Connection] | None = None
    doubts = 0  # of its file, when it last forgot what it had read

    def close(self) -> None:
        super().close()
        if self.on_close is not None:
            self.on_close.discard(self)


class SqliteFile:
    """The file of one `Database`.

    Args:
        address: its URL.

    Raises:
        DatabaseUrlError: no file can be there.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self.path = str(Path(str(address.url.database)).absolute())
        _check_place(self.path)
        self._held: HeldFile | None = None
        self._open: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._mark = 0  # of the content, as it was before it was held
        self._sides: tuple[Key | None, Key | None] = (None, None)  # of -wal and -shm, as the open connections know them
        self._successor: Key | None = None  # a file that may take the place of the one in use
        self._doubts = 0  # how often it was seen to be broken
        self._suspect = False  # it was broken, and must prove that it is whole again
        self._rescued = ""
        self._left: int | None = None  # the stamp of the content when the file was found gone
        self._creating = False
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def creating(self) -> Iterator[None]:
        """Inside, a file that is missing is made, and an empty one may be filled."""
        self._creating = True
        try:
            yield
        finally:
            self._creating = False

    def connect(self) -> sqlite3.Connection:
        """A new connection to the file in use; the first one decides which that is.

        Raises:
            StorageError: it is missing, another program's, or not the file in use.
            sqlite3.Error: SQLite cannot open it.
        """
        with self._lock:
            self._before_connecting()
            connection = sqlite3.connect(
                sqlite_look.uri(self.path, "rwc" if self._creating else "rw"),
                uri=True,
                timeout=SLICE,
                check_same_thread=False,
                isolation_level=None,  # the driver begins nothing by itself: `engine` does
                factory=_Connection,
            )
            self._open.add(connection)
            connection.on_close, connection.doubts = self._open, self._doubts
            try:
                for pragma in ORDER:
                    connection.execute(f"PRAGMA {pragma}")
                self._held = self._held or self._hold()
                self._prove(connection)
            except BaseException as error:
                connection.close()
                self.explain(error)
                raise
            return connection

    def check(self, connection: sqlite3.Connection, *, writing: bool) -> None:
        """Check the file at the begin of a transaction on this connection.

        Raises:
            StorageError: it is not the file in use, or not as it was; says what to do.
            Renewal: it is again, with new connections.
        """
        mark = sqlite_look.mark(connection)  # opens the -wal too
        with self._lock:
            self._check_place(connection)
            self._check_content(mark)
            if writing:
                self.require_writable()
            self._check_sides(connection)

    def check_place(self, connection: sqlite3.Connection) -> None:
        """Check before a commit that the file still lies at the path; where it does not, nothing is committed.

        Raises:
            StorageError: it does not.
            Renewal: it does again; the work has to be done again on a new connection.
        """
        with self._lock:
            self._check_place(connection)

    def check_commit(self, connection: sqlite3.Connection) -> None:
        """Check after a commit that it went into the file that lies at the path.

        Raises:
            StorageError: it did not.
            Renewal: it did, once connections are new.
        """
        with self._lock:
            self._check_place(connection)
            self._check_sides(connection)

    def note(self, error: BaseException | None) -> None:
        """Note an error of SQLite that calls the file broken."""
        if is_damage(error):
            self._doubts += 1

    def freshen(self, connection: _Connection) -> None:
        """Forget the pages that were read while the file was broken: SQLite keeps them until somebody writes.

        Connections are not closed for that. The last one would merge the log into a broken file, and remove it.
        """
        if connection.doubts != self._doubts:
            connection.doubts = self._doubts
            connection.execute("PRAGMA shrink_memory")

    def explain(self, error: BaseException) -> None:
        """Say what became of the file, where that is seen, in place of an error of SQLite that calls it broken.

        Raises:
            StorageError: what became of it.
        """
        self.note(error)
        with self._lock:
            if is_damage(error) and (fault := self._seen_fault()) is not None:
                self._suspect = True
                raise fault.error(self._address) from None

    def require_writable(self) -> None:
        """Check that the file can be written, now and after a restart.

        Raises:
            StorageUnavailableError: it cannot.
        """
        if not os.access(self.path, os.W_OK):
            raise READ_ONLY_FILE.error(self._address)

    def release(self) -> None:
        """Let go of the file; every connection is closed."""
        with self._lock:
            if self._held is not None:
                self._held.release()
            self._held = None

    # --- which file ---------------------------------------------------------------------------------------------------

    def _before_connecting(self) -> None:
        if self._held is None:
            self._look_first()
            return
        key = self._key()
        if key != self._held.key:
            if key is None or key != self._successor or self._open:
                raise self._lost(key)
            self._mark = self._held.mark
            self._held.release()
            self._held, self._successor, self._rescued, self._left = None, None, "", None
        if self._open and self._lost_sides():
            raise WITHOUT_LOG.error(self._address)
        if self._suspect:
            if (fault := self._seen_fault()) is not None:  # as it lies there, it need not be read from end to end
                raise fault.error(self._address)
            if self._open:
                raise REOPENED.error(self._address)
        if not self._open:
            self._sides = (None, None)

    def _hold(self) -> HeldFile:
        try:
            return hold(self.path, self._mark)
        except OSError as error:  # as for want of open files
            raise CLOSED.error(self._address, error.strerror or "") from None

    def _key(self) -> Key | None:
        """Identity of what lies at the path; None for nothing."""
        try:
            return key_of(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CLOSED.error(self._address, error.strerror or "") from None

    def _look_first(self) -> None:
        """Recognise what is there before anything is opened for writing."""
        if self._key() is None:
            if self._creating:
                return
            raise MISSING.error(self._address)
        try:
            fault = self._strangeness()
        except OSError as error:  # it went this moment, or may not be looked at
            raise CLOSED.error(self._address, error.strerror or "") from None
        if fault is not None and not fault.passes:
            raise fault.error(self._address)

    def _strangeness(self) -> Fault | None:
        """Why the file that is there cannot be used, where that can be seen from outside."""
        found = Path(self.path).stat()
        if not modes.S_ISREG(found.st_mode):
            return NO_FILE
        if found.st_size == 0:
            return None if self._creating else EMPTY
        seen = sqlite_look.look(self.path)
        if isinstance(seen, Fault):
            return seen
        self._mark = seen.mark
        return foreign(seen.tables, seen.theirs)

    def _check_place(self, connection: sqlite3.Connection) -> None:
        key = self._key()
        if self._held is None or key == self._held.key:
            self._left = None
            return
        _roll_back(connection)
        if self._left is None:  # later other processes may have gone on, in a log that both files share
            self._left = sqlite_look.stamp(connection)
        if self._held.names() == 0 and not self._rescued:
            self._rescued = rescue(self.path, connection, mode=self._held.mode())
        if key is not None and self._is_successor(connection, key):
            self._successor = key
            raise Renewal
        raise self._lost(key)

    def _lost(self, key: Key | None) -> StorageError:
        removed = self._held is not None and self._held.names() == 0
        fault = REPLACED if key is not None else REMOVED if removed else MOVED
        if self._rescued:
            where = f"its content is saved in {self._rescued}: move that to {self.path}, or restart this program"
            fault = fault._replace(private=where, cure="its content is saved beside it, for its operator to put back")
        return fault.error(self._address)

    def _is_successor(self, connection: sqlite3.Connection, key: Key) -> bool:
        """True if a file that took the place of ours is this database and lacks nothing: a copy that was put back."""
        _, shared = self._keys_of_sides()
        own_log = shared is not None and shared == self._sides[1]
        seen = (sqlite_look.look if own_log else sqlite_look.look_with_log)(self.path)
        mark = sqlite_look.mark(connection)
        if isinstance(seen, Fault) or not mark or self._left is None:
            return False
        # It may have more: another process has gone on with it already.
        return seen.has_all_of(mark, self._left) and key == self._key()

    # --- what is in it ------------------------------------------------------------------------------------------------

    def _check_content(self, mark: int) -> None:
        held = self._held
        if held is None:
            return
        fault = held.fault(mark)
        if fault is not None:
            time.sleep(0.01)  # a checkpoint may just be writing the page that was read
            fault = held.fault(mark)
        if fault is not None:
            self._suspect = True
            self._doubts += 1
            raise fault.error(self._address)
        if self._suspect:
            raise Renewal

    def _seen_fault(self) -> Fault | None:
        """What is wrong with the file's first bytes, which no connection need read for that."""
        return None if self._held is None else self._held.fault(self._held.mark)

    def _prove(self, connection: sqlite3.Connection) -> None:
        """Read a file from end to end that was found broken before."""
        if not self._suspect:
            return
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DAMAGED.error(self._address, str(found))
        self._suspect = False

    # --- what lies beside it ------------------------------------------------------------------------------------------

    def _keys_of_sides(self) -> tuple[Key | None, Key | None]:
        found: list[Key | None] = []
        for end in ("-wal", "-shm"):
            try:
                found.append(key_of(self.path + end))
            except OSError:
                found.append(None)
        return found[0], found[1]

    def _lost_sides(self) -> bool:
        pairs = zip(self._sides, self._keys_of_sides(), strict=True)
        return any(known is not None and known != found for known, found in pairs)

    def _check_sides(self, connection: sqlite3.Connection) -> None:
        if not self._lost_sides():
            self._sides = self._keys_of_sides()
            return
        _roll_back(connection)
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise WITHOUT_LOG.error(self._address)
        raise Renewal


def use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, where it is not yet; done by whoever writes first, never by a reader.

    Raises:
        sqlite3.OperationalError: it is locked, or cannot be written.
    """
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


def _check_place(path: str) -> None:
    """Refuse a path at which no file can be. `os.path` answers where `pathlib` raises."""
    if os.path.isdir(path):  # noqa: PTH112
        raise DatabaseUrlError(
            f"{path} is a folder; name a file inside it, such as sqlite:///{path.rstrip('/')}/golden.db"
        )
    folder = os.path.dirname(path)  # noqa: PTH120
    if not os.path.isdir(folder):  # noqa: PTH112
        raise DatabaseUrlError(
            f"the folder of {path} does not exist, or this program's user may not look into it; create it first"
        )


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
