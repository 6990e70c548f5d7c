"""Opening the database that the settings name, for commands that work on it directly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.settings import Settings, default_database_url
from studies.storage.engine import Database, open_database


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, closed again at the end. The default SQLite file's folder is made if it is not there."""
    url = settings.database_url.get_secret_value()
    if url == default_database_url():
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    db = open_database(url, application="golden-cli", pool_size=settings.pool_size)
    try:
        yield db
    finally:
        db.dispose()
