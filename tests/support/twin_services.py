"""The service on SQLite and on PostgreSQL side by side, which must give the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fastapi.testclient import TestClient
from odd_requests import STUDIES, STUDY

from service.app import create_app
from service.settings import Settings
from studies.storage.engine import open_database

Clients = dict[str, TestClient]
BASE = "http://127.0.0.1:8000"


@contextmanager
def twins(sqlite_url: str, postgres_url: str) -> Iterator[Clients]:
    """The service on each database, with one study, `there`, in it."""
    with ExitStack() as stack:
        found = {}
        for name, url in (("sqlite", sqlite_url), ("postgresql", postgres_url)):
            db = open_database(url)
            stack.callback(db.dispose)
            app = create_app(Settings(database_url=url, tick_seconds=3600.0), db)
            found[name] = stack.enter_context(TestClient(app, base_url=BASE, raise_server_exceptions=False))
            assert found[name].post(STUDIES, json={**STUDY, "name": "there"}).status_code == 201
        yield found
