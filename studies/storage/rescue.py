"""Saves the content of an open SQLite file that has no name any more, beside the place where it lay.

Of several processes the first one saves it, as `*.rescued`; the others see that it holds what they have. What is saved
there from an earlier time is left alone, and the content goes to `*.rescued-2`, and so on.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from studies.storage import sqlite_look

MOST = 100  # names that are tried


def rescue(path: str, connection: sqlite3.Connection, *, mode: int) -> str:
    """Where the content is saved, by us or by another process; "" where it cannot be.

    Args:
        path: where the file was.
        connection: to the file, outside a transaction.
        mode: permissions of what is saved.
    """
    part = f"{path}.rescuing-{secrets.token_hex(4)}"
    try:
        mark, stamp = sqlite_look.mark(connection), sqlite_look.stamp(connection)
        for name in _names(path):
            if not Path(name).exists():
                _copy(connection, part, mode)
                with contextlib.suppress(FileExistsError):  # another process has just saved it
                    os.link(part, name)
            seen = sqlite_look.look(name)
            if isinstance(seen, sqlite_look.Look) and seen.has_all_of(mark, stamp):
                return name
    except (sqlite3.Error, OSError):  # no folder, no room, no right: then the message does not promise it
        return ""
    finally:
        with contextlib.suppress(OSError):
            Path(part).unlink(missing_ok=True)
    return ""


def _names(path: str) -> Iterator[str]:
    yield f"{path}.rescued"
    yield from (f"{path}.rescued-{number}" for number in range(2, MOST + 1))


def _copy(connection: sqlite3.Connection, part: str, mode: int) -> None:
    if Path(part).exists():
        return
    with contextlib.closing(sqlite3.connect(sqlite_look.uri(part, "rwc"), uri=True)) as copy:
        connection.backup(copy)
    Path(part).chmod(mode)
