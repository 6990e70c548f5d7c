"""The folder of a `golden demo`: made, seen to be writable, and held by one demo at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
from collections.abc import Iterator
from pathlib import Path

from studies.errors import GoldenError

LOCK = "demo.lock"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a folder and hold it until the end of the context, or of this process.

    Raises:
        GoldenError: it cannot be made or written, or another demo holds it; the message gives the cure.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("ab")
    except OSError as error:
        raise GoldenError(
            f"cannot write in the folder {str(folder)!r} ({error.strerror}); "
            "name a folder for database, logs and report with --data"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno == errno.EWOULDBLOCK:
                text = f"another `golden demo` uses the folder {str(folder)!r}; stop it, or name another with --data"
                raise GoldenError(text) from None  # other errors: a file system without locks
        yield
