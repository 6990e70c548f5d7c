"""A small file that is read again when it changes, and whose last good content stays in force."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from studies.errors import GoldenError

MAX_BYTES = 1_048_576
SETTLED_SECONDS = 2.0  # a file changed more recently than that may change again without a new time stamp
T = TypeVar("T")


class WatchedFileError(GoldenError, ValueError):
    """A file cannot be read, or its content is not acceptable; the message names the file and the cure."""


class _Mark(NamedTuple):
    """What changes whenever a file is written, replaced, or its link is led elsewhere."""

    device: int
    inode: int
    modified: int  # nanoseconds
    changed: int
    size: int

    @classmethod
    def of(cls, found: os.stat_result) -> _Mark:
        return cls(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)


class WatchedFile(Generic[T]):
    """The content of a file, as a parser makes it.

    Args:
        path: of the file, which may be a link.
        parse: makes the value of the file's text.

    Raises:
        GoldenError: the file cannot be read at first, or what `parse` raises.

    Attributes:
        value: made of the last text that could be parsed.
        trouble: why the file as it is now cannot be used, one sentence; "" if it can.
    """

    def __init__(self, path: Path, parse: Callable[[str], T]) -> None:
        self.path = path
        self.trouble = ""
        self._parse = parse
        self._text, self._mark = read_text(path)
        self.value = parse(self._text)

    def look(self) -> bool:
        """Read the file again if it changed; True if `value` or `trouble` may be another now."""
        try:
            if self._mark == _Mark.of(self.path.stat()) and not self.trouble:
                return False
            text, self._mark = read_text(self.path)
            if text == self._text and not self.trouble:
                return False
            self.value = self._parse(text)
        except (OSError, GoldenError) as error:
            before, self.trouble = self.trouble, _sentence(self.path, error)
            return self.trouble != before
        self._text, self.trouble = text, ""
        return True


def read_text(path: Path, *, most: int = MAX_BYTES) -> tuple[str, _Mark | None]:
    """The text of a file, and its mark; no mark while the file is so fresh that another change might not show.

    Args:
        path: of the file.
        most: bytes that it may have.

    Raises:
        WatchedFileError: it is not there, may not be read, is no regular file, is too large, or is no UTF-8.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # a pipe must not block
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise WatchedFileError(f"{path} is no regular file")
            content = file.read(most + 1)
        if len(content) > most:
            raise WatchedFileError(f"{path} has more than {most:,} bytes")
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise WatchedFileError(_sentence(path, error)) from None
    settled = abs(time.time() - found.st_mtime) > SETTLED_SECONDS
    return text, _Mark.of(found) if settled else None


def _sentence(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{path} cannot be read: {error.strerror or error}"
    if isinstance(error, UnicodeDecodeError):
        return f"{path} is not UTF-8 text"
    return str(error) if isinstance(error, GoldenError) else f"{path} cannot be read: no such name"
