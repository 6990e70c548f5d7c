"""Opening databases, and what their failures turn into."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from waiting import CEILING, join_all

from studies.errors import GoldenError, StorageUnavailableError
from studies.storage import overview, schema
from studies.storage.engine import Database, now, open_database

SECRET = "hunter2-geheim"


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    opened = open_database(postgres_url)
    yield opened
    opened.dispose()


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("", "malformed"),
        ("golden.db", "malformed"),
        ("mysql://root@localhost/x", "use postgresql:// or sqlite:///"),
        ("postgresql+asyncpg://root@localhost/x", "use postgresql:// or sqlite:///"),
        ("postgresql://u:hunter2-geheim@host:port/x", "malformed"),
        ("sqlite://", "plain file"),
        ("sqlite:///:memory:", "plain file"),
        ("sqlite:///file:x?mode=memory&uri=true", "plain file"),
        ("sqlite://host/x.db", "plain file"),
        ("sqlite:////", "is a folder"),
        ("sqlite:////no/such/folder/x.db", "create it first"),
    ],
)
def test_unusable_url_is_refused_in_one_line(url: str, cure: str) -> None:
    with pytest.raises(GoldenError) as caught:
        open_database(url)
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_password_is_never_shown(scheme: str) -> None:
    database = open_database(f"{scheme}://user:{SECRET}@127.0.0.1:1/nothing")
    assert database.kind == "postgresql"
    assert SECRET not in database.url_shown
    for call in (overview.revisions, overview.list_page):
        with pytest.raises(StorageUnavailableError) as caught:
            call(database)
        assert SECRET not in "".join(traceback.format_exception(caught.value))
        assert "\n" not in str(caught.value)
    database.dispose()


def test_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("This is a letter, not a database. " * 100)
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(StorageUnavailableError, match="not a database"):
        overview.revisions(database)
    database.dispose()


def test_clock_is_aware_and_moves(database: Database) -> None:
    with database.begin() as connection:
        first, second = now(connection), now(connection)
    assert str(first.tzinfo) == "UTC"
    assert first <= second


def test_write_repeats_after_a_deadlock(postgres: Database) -> None:
    with postgres.begin() as connection:
        connection.execute(sa.text("INSERT INTO golden_counters (name, value) VALUES ('a', 0), ('b', 0)"))
    both_hold_one = threading.Barrier(2, timeout=CEILING)
    attempts: list[str] = []

    def add(names: str) -> None:
        def work(connection: sa.Connection) -> None:
            attempts.append(names)
            raise_by_one(connection, names[0])
            if attempts.count(names) == 1:
                both_hold_one.wait()
            raise_by_one(connection, names[1])

        postgres.write(work)

    threads = [threading.Thread(target=add, args=(names,)) for names in ("ab", "ba")]
    for thread in threads:
        thread.start()
    join_all(*threads)
    assert len(attempts) >= 3, "one of the two was killed and came again, or overtook the other: then once more"
    assert counter_values(postgres) == [2, 2]


def test_concurrent_writers_lose_nothing(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("INSERT INTO golden_counters (name, value) VALUES ('a', 0)"))

    def add() -> None:
        for _ in range(20):
            database.write(lambda connection: raise_by_one(connection, "a"))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    join_all(*threads)
    assert counter_values(database) == [80]


def raise_by_one(connection: sa.Connection, name: str) -> None:
    """Read, then write: what breaks where a transaction does not lock what it read."""
    table = schema.counters
    chosen = sa.select(table.c.value).where(table.c.name == name).with_for_update()
    value = connection.execute(chosen).scalar_one()
    connection.execute(sa.update(table).where(table.c.name == name).values(value=value + 1))


def counter_values(database: Database) -> list[int]:
    """Those of "a" and "b"; other counters are the product's."""
    table = schema.counters
    with database.read() as connection:
        found = sa.select(table.c.value).where(table.c.name.in_(("a", "b"))).order_by(table.c.name)
        return list(connection.execute(found).scalars())


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.begin() as writer:
        writer.execute(sa.text("INSERT INTO golden_counters (name, value) VALUES ('a', 1)"))
        assert overview.revisions(database) == 0


def test_cut_connections_are_replaced(postgres: Database) -> None:
    assert overview.revisions(postgres) == 0
    killer = sa.create_engine(postgres.engine.url, poolclass=sa.NullPool)
    with killer.connect() as connection:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'golden'"
        assert connection.execute(sa.text(cut)).scalar_one() >= 1
    assert overview.revisions(postgres) == 0


def test_connection_cut_in_the_middle_is_unavailable(postgres: Database) -> None:

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StorageUnavailableError):
        postgres.write(work)
    assert overview.revisions(postgres) == 0
