"""The service on SQLite and on PostgreSQL side by side, which must give the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from fastapi.testclient import TestClient
from odd_requests import STUDIES, STUDY, Odd, complaints, send

from service.app import create_app
from service.settings import Settings
from studies.storage import overview
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


def assert_answered_as_said(clients: Clients, rows: Sequence[Odd]) -> None:
    """Assert that every odd request has the answer that its row says, the same on both, and leaves no trace."""
    before = _revisions(clients)
    wrong = []
    for odd in rows:
        answers = {name: send(client, odd) for name, client in clients.items()}
        wrong += [(odd.what, name, c) for name, answer in answers.items() for c in complaints(odd, answer)]
        if len({answer.text for answer in answers.values()}) > 1:
            wrong.append((odd.what, "both", "differ"))
    assert not wrong, "\n".join(map(str, wrong))
    assert _revisions(clients) == before


def _revisions(clients: Clients) -> dict[str, int]:
    return {name: overview.revisions(client.app.state.database) for name, client in clients.items()}  # type: ignore[attr-defined]
