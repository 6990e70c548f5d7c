"""A PostgreSQL that goes, is another one, is locked or refuses: each found, with its sentence."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
import psycopg
import pytest
from postgres_server import PostgresServer, postgres_server
from storage_farm import submit
from waiting import join_all

from studies.errors import DatabaseUrlError, SchemaError, StorageError, StorageUnavailableError, StudyNotFoundError
from studies.storage import overview, watch
from studies.storage.engine import Database, open_database
from studies.storage.foreign import read_optuna
from studies.storage.migrate import migrate
from studies.storage.patience import Patience

QUICK = Patience(change=2.0, lock=0.4, connect=2)
SECRET = "the-password-of-nobody"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server(max_connections=20) as running:
        yield running


@pytest.fixture
def name(server: PostgresServer) -> str:
    return server.create(migrated=True)


@pytest.fixture
def db(server: PostgresServer, name: str) -> Iterator[Database]:
    opened = open_database(server.url(name), patience=QUICK)
    watch.look(opened)
    submit(opened, "before")
    yield opened
    opened.dispose()


def cut(server: PostgresServer, name: str) -> None:
    server.terminate_sessions(name)


def assert_refused(db: Database, words: str, *, reads: bool = True) -> None:
    """Reads (if they are to be refused), changes and the look say these words, and no address in public."""
    calls = [lambda: submit(db, "after"), lambda: watch.require_usable(db)]
    for call in ([lambda: overview.list_page(db)] if reads else []) + calls:
        with pytest.raises(StorageError, match=words) as caught:
            call()
        assert "127.0.0.1" not in caught.value.public
        assert "\n" not in str(caught.value)
    if not reads:
        assert overview.list_page(db).items


def test_dropped_and_made_anew(server: PostgresServer, db: Database, name: str) -> None:
    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert_refused(db, "is not there.*create it")
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    assert_refused(db, "was dropped and made anew")
    with server.open(name) as fresh:
        migrate(fresh)
    assert_refused(db, "was dropped and made anew")


def test_tables_dropped_and_made_anew_on_the_same_connections(server: PostgresServer, db: Database, name: str) -> None:
    with psycopg.connect(server.url(name), autocommit=True) as admin:
        admin.execute("ALTER SCHEMA public RENAME TO away")
        admin.execute("CREATE SCHEMA public")
        assert_refused(db, "has lost its golden-study tables")
        with server.open(name) as fresh:
            migrate(fresh)
        with pytest.raises(StorageUnavailableError, match="another golden-study database"):
            watch.look(db)
        assert_refused(db, "another golden-study database")
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("ALTER SCHEMA away RENAME TO public")
    watch.look(db)
    submit(db, "after")


def test_another_schema_by_default(server: PostgresServer, db: Database, name: str) -> None:
    server.execute(f'ALTER DATABASE "{name}" SET search_path = elsewhere')
    cut(server, name)
    assert_refused(db, "has lost its golden-study tables")
    server.execute(f'ALTER DATABASE "{name}" RESET search_path')
    cut(server, name)
    watch.look(db)
    submit(db, "after")


def test_another_cluster_at_the_same_address(server: PostgresServer, db: Database, name: str) -> None:
    with postgres_server() as second:
        second.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        with second.open(name) as theirs:
            migrate(theirs)
        server.stop("fast")
        with forwarded(server.port, second.port):
            assert_refused(db, "is on another server")
        server.start()
    watch.look(db)
    submit(db, "after")


def test_read_only(server: PostgresServer, db: Database, name: str) -> None:
    server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    cut(server, name)
    assert_refused(db, "is read-only", reads=False)


def test_rights_taken_away(server: PostgresServer, name: str) -> None:
    server.execute("CREATE ROLE weak LOGIN")
    with psycopg.connect(server.url(name), autocommit=True) as admin:
        admin.execute("GRANT USAGE ON SCHEMA public TO weak")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO weak")
        weak = open_database(server.url(name).replace("postgres@", "weak@"), patience=QUICK)
        overview.list_page(weak)
        with pytest.raises(StorageUnavailableError, match="refuses a right"):
            submit(weak, "refused")
        admin.execute("REVOKE SELECT ON golden_studies FROM weak")
        with pytest.raises(StorageUnavailableError, match="refuses a right"):
            overview.list_page(weak)
        weak.dispose()


def test_no_connection_left(server: PostgresServer, name: str) -> None:
    late = open_database(server.url(name), patience=QUICK)
    hogs = []
    try:
        with pytest.raises(psycopg.OperationalError):
            while True:
                hogs.append(psycopg.connect(server.url()))
        with pytest.raises(StorageUnavailableError, match=r"no connection left.*max_connections") as caught:
            overview.list_page(late)
        assert caught.value.passes
    finally:
        for hog in hogs:
            hog.close()
        late.dispose()


@pytest.mark.parametrize(
    "statement", ["LOCK TABLE golden_studies IN EXCLUSIVE MODE", "SELECT * FROM golden_studies FOR UPDATE"]
)
def test_locked_by_an_idle_transaction(server: PostgresServer, db: Database, name: str, statement: str) -> None:
    refused: list[tuple[float, StorageError]] = []

    def change() -> None:
        begun = time.monotonic()
        try:
            from studies.storage import studies

            studies.pause(db, "before")
        except StorageError as error:
            refused.append((time.monotonic() - begun, error))

    with psycopg.connect(server.url(name)) as holder:
        holder.execute(statement)
        threads = [threading.Thread(target=change) for _ in range(10)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            assert overview.list_page(db).items
        join_all(*threads)
        holder.rollback()
    assert len(refused) == 10
    assert all(error.passes and "try again later" in error.public for _, error in refused)
    submit(db, "after")


def test_tables_of_another_program(server: PostgresServer) -> None:
    name = server.create()
    with psycopg.connect(server.url(name), autocommit=True) as other:
        other.execute("CREATE TABLE experiments (id int)")
    with server.open(name) as database:
        for call in (migrate, watch.look):
            with pytest.raises(SchemaError, match=r"another program .it holds experiments.*database of its own"):
                call(database)


def test_addresses_that_cannot_work_say_why(server: PostgresServer, name: str) -> None:
    answer = f"127.0.0.1:{server.port}"
    with server.guarded("bob", "right-password", name), talker() as port:
        cases = {
            f"postgresql://bob:{SECRET}@{answer}/{name}": ("refuses the user name or the password", False),
            f"postgresql://nobody:{SECRET}@{answer}/{name}": ("refuses the user name or the password", False),
            f"postgresql://postgres:{SECRET}@{answer}/none": ("is not there", False),
            f"postgresql://u:{SECRET}@no-such-host.invalid/x": ("no host has that name", False),
            f"postgresql://u:{SECRET}@127.0.0.1:1/x": ("nothing listens at its host and port", True),
            f"postgresql://u:{SECRET}@127.0.0.1:{port}/x": ("another program answers", False),
            f"postgresql://postgres:{SECRET}@{answer}/{name}?sslmode=require": ("encryption", False),
            f"postgresql://postgres:{SECRET}@{answer}/{name}?options=-c%20a=b": ("option of the URL", False),
        }
        for url, (words, passes) in cases.items():
            database = open_database(url, patience=QUICK)
            with pytest.raises(StorageUnavailableError, match=words) as caught:
                watch.look(database)
            database.dispose()
            assert caught.value.passes == passes, words
            assert SECRET not in str(caught.value)
            with pytest.raises(StorageUnavailableError, match=words) as optuna:
                read_optuna(url, "x")
            assert SECRET not in str(optuna.value)
            assert "invalid data" not in str(optuna.value)


def test_an_optuna_study_in_a_database_without_optuna(server: PostgresServer, name: str) -> None:
    with pytest.raises(StorageUnavailableError, match="no tables of Optuna"):
        read_optuna(server.url(server.create()), "x")
    with pytest.raises(StudyNotFoundError):
        read_optuna(server.url(name), "x")
    with pytest.raises(DatabaseUrlError):
        read_optuna("mysql://u@h/x", "x")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_an_optuna_study_is_read_with_whatever_driver_its_url_names(server: PostgresServer, scheme: str) -> None:
    url = server.url(server.create())
    storage = optuna.storages.RDBStorage(url.replace("postgresql://", "postgresql+psycopg://"))
    study = optuna.create_study(storage=storage, study_name="theirs", direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("lr", 0.01, 0.1) + trial.suggest_float("momentum", 0, 0.5), 6)
    storage.remove_session()
    storage.engine.dispose()
    found = read_optuna(url.replace("postgresql://", f"{scheme}://"), "theirs")
    assert (len(found.rows), found.maximised, found.values) == (6, (True,), ("value",))


@contextmanager
def forwarded(port: int, target: int) -> Iterator[None]:
    """Whoever connects to a port reaches another one."""
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        while True:
            try:
                here, _ = listener.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", target))
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        join_all(thread)


def pump(one: socket.socket, other: socket.socket) -> None:
    """Send on what arrives, until one side ends."""
    with one, contextlib.suppress(OSError):
        while piece := one.recv(65_536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)


@contextmanager
def talker() -> Iterator[int]:
    """The port of a program that is no PostgreSQL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(100)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        join_all(thread)
