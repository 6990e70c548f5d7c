"""A real application on a real SQLite database, and studies to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings, load, sqlite_url
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

TOKEN = "a-token-for-tests-0123456789"
READ_TOKEN = "a-token-that-may-only-look-01"
BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied by each test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database = open_database(sqlite_url(path))
    migrate(database)
    database.dispose()  # closing the last connection writes the log back into the file
    return path


@pytest.fixture
def database_path(empty_database: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "golden.db"
    path.write_bytes(empty_database.read_bytes())
    return path


@pytest.fixture
def settings(database_path: Path) -> Settings:
    """Settings without a token; the background tick stays out of the way."""
    return load({}, database_url=sqlite_url(database_path), tick_seconds=3600.0)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The application's database, for looking behind it."""
    db = open_database(settings.database_url.get_secret_value())
    yield db
    db.dispose()


@pytest.fixture
def api(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A client of an application that needs no token."""
    with TestClient(create_app(settings, database), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def locked(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A client, without a token, of an application that needs one."""
    guarded = Settings(
        database_url=settings.database_url, token=TOKEN, read_token=READ_TOKEN, tick_seconds=settings.tick_seconds
    )
    with TestClient(create_app(guarded, database), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def document() -> dict[str, Any]:
    """A small search over two losses."""
    return {
        "name": "small",
        "losses": ["golden", "sse"],
        "contexts": [{"name": "paper", "dataset": "digits", "epochs": 2}],
        "design": {"kind": "search", "sampler": "random", "trials": 6, "claim_replicates": 2},
    }
