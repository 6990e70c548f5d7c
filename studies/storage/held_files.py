"""Open files, so that their identity and their first bytes can be asked for, whatever happens to their names.

One descriptor a file in the whole process, and closed only when nobody here uses the file any more: closing any
descriptor of a file drops every lock that the process holds on it (POSIX), SQLite's included.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field

from studies.storage.faults import BACKUP, Fault

Key = tuple[int, int]  # device and inode
MAGIC = b"SQLite format 3\0"
HEAD = 100  # bytes: https://www.sqlite.org/fileformat2.html#the_database_header
WHILE = "while this program used it"

OVERWRITTEN = Fault(f"was overwritten {WHILE}", BACKUP)
CUT_SHORT = Fault(f"was cut short {WHILE}", BACKUP)
OLDER_COPY = Fault(
    f"was overwritten with an older copy {WHILE}", "put the newer content back, or restart this program to use this one"
)
ANOTHER = Fault(
    f"was overwritten with another golden-study database {WHILE}",
    "put the former content back, or restart this program to use this one",
)
_lock = threading.Lock()
_held: dict[Key, tuple[int, int]] = {}  # identity -> (descriptor, users)


@dataclass(slots=True)
class HeldFile:
    """One open SQLite file.

    Attributes:
        key: device and inode.
        mark: that its content had (`studies.storage.identity`); 0 while it had none.
    """

    key: Key
    descriptor: int
    mark: int = 0
    _head_mark: int = field(default=0, init=False)  # the mark in the file itself, which follows at a checkpoint
    _changes: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)

    def names(self) -> int:
        """How many names the file has in the file system; 0 once it was removed."""
        return os.fstat(self.descriptor).st_nlink

    def mode(self) -> int:
        """Its permissions."""
        return os.fstat(self.descriptor).st_mode & 0o777

    def release(self) -> None:
        """Count one user less."""
        with _lock:
            descriptor, users = _held.pop(self.key)
            if users > 1:
                _held[self.key] = descriptor, users - 1
            else:
                os.close(descriptor)

    def fault(self, mark: int) -> Fault | None:
        """What is wrong with its content, compared with the time before.

        Args:
            mark: as a connection reads it.
        """
        size = os.fstat(self.descriptor).st_size
        head = os.pread(self.descriptor, HEAD, 0)
        if size == 0 and self._size == 0:
            return None  # made just now
        if head[:16] != MAGIC or len(head) < HEAD:
            return CUT_SHORT if size < self._size else OVERWRITTEN
        page = int.from_bytes(head[16:18])
        changes, pages = (int.from_bytes(head[at : at + 4]) for at in (24, 28))
        in_head = int.from_bytes(head[60:64], signed=True)  # as SQLite reads it: another program may have set it
        if self._differs(mark, in_head):
            return ANOTHER
        if changes < self._changes:
            return OLDER_COPY
        if size < min(self._size, pages * (65_536 if page == 1 else page)):
            return CUT_SHORT
        self._changes, self._size = changes, size
        self.mark, self._head_mark = mark or self.mark, in_head or self._head_mark
        return None

    def _differs(self, mark: int, in_head: int) -> bool:
        known = self.mark or mark
        return bool(mark != known or (known and in_head not in {self._head_mark, known}))


def key_of(path: str) -> Key:
    """Identity of what lies at a path.

    Raises:
        OSError: nothing does, or it cannot be looked at.
    """
    found = os.stat(path)  # noqa: PTH116 - called for every transaction
    return found.st_dev, found.st_ino


def hold(path: str, mark: int = 0) -> HeldFile:
    """Open the file at a path; see the module.

    Args:
        path: where it lies.
        mark: that its content must have; 0: as it is read first.

    Raises:
        OSError: it cannot be opened.
    """
    with _lock:
        key = key_of(path)
        if key in _held:
            descriptor, users = _held[key]
            _held[key] = descriptor, users + 1
            return HeldFile(key, descriptor, mark)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        opened = os.fstat(descriptor)
        key = opened.st_dev, opened.st_ino
        users = _held.pop(key, (descriptor, 0))[1]  # replaced between the two calls by one that is held: keep both
        _held[key] = descriptor, users + 1
        return HeldFile(key, descriptor, mark)
