"""Optuna's files: journals, and SQLite files whose tables an older Optuna made. The files themselves are only read."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from studies.errors import DatabaseUrlError, StorageUnavailableError, StudyNotFoundError
from studies.storage.sqlite_look import uri

SQLITE = b"SQLite format 3\0"
JOURNAL = b'{"op_code"'


def plain_path(source: str) -> Path | None:
    """The file that a source without a scheme names; None for a URL, or where there is no such file."""
    if "://" in source or "\0" in source:
        return None
    path = Path(source)
    return path.absolute() if path.is_file() else None


def is_journal(path: Path) -> bool:
    """True for a file that begins as Optuna's journal files do."""
    return _start(path).startswith(JOURNAL)


def require_sqlite(path: Path) -> None:
    """Let SQLite files pass.

    Raises:
        DatabaseUrlError: it is none.
    """
    if not _start(path).startswith(SQLITE):
        raise DatabaseUrlError(f"{path} is neither a SQLite file nor a journal file of Optuna")


@contextmanager
def journal(path: Path) -> Iterator[JournalStorage]:
    """The storage in a journal file.

    Raises:
        StorageUnavailableError: it cannot be read as one, now or inside.
    """
    try:
        yield JournalStorage(JournalFileBackend(str(path)))
    except StudyNotFoundError:
        raise
    except (ValueError, KeyError, TypeError, AssertionError, OSError) as error:
        text = f"{path} cannot be read as a journal file of Optuna ({type(error).__name__}); put it back whole"
        raise StorageUnavailableError(text) from None


@contextmanager
def room() -> Iterator[Path]:
    """A folder for copies, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="golden-optuna-") as folder:
        yield Path(folder)


def upgraded(path: Path, folder: Path) -> RDBStorage:
    """The storage of a copy of a SQLite file, its tables upgraded to those of the present Optuna."""
    copy = folder / "copy.db"
    with (
        closing(sqlite3.connect(uri(str(path.absolute()), "ro"), uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    storage = RDBStorage(f"sqlite+pysqlite:///{copy}", skip_table_creation=True, skip_compatibility_check=True)
    storage.upgrade()
    return storage


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE))
    except OSError as error:
        raise DatabaseUrlError(f"{path} cannot be read: {error.strerror}") from None
