"""Lets the tests, and the processes they start, import `storage_farm`; an open SQLite file for tests that harm it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harmed_file import QUICK

from studies.storage import watch
from studies.storage.engine import Database, open_database

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def path(sqlite_url: str) -> Path:
    """Of the file that `db` is open on."""
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    """A database that is not patient, with the study `before`."""
    from storage_farm import submit

    opened = open_database(sqlite_url, patience=QUICK)
    watch.look(opened)
    submit(opened, "before")
    yield opened
    opened.dispose()
