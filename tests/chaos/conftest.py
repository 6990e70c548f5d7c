"""A PostgreSQL per module that may be stopped and crashed, a migrated database per test, and an undisturbed report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import planted_loop
import pytest
from chaos import Fleet, Ledger, finished, submit
from invariants import check_at_rest, evidence_bytes
from postgres_server import PostgresServer, postgres_server
from waiting import exit_code, wait_until

from studies.storage.engine import Database, open_database

LEDGER = Ledger()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="module")
def template(server: PostgresServer) -> str:
    """Name of a migrated database."""
    return server.create(migrated=True)


@pytest.fixture
def url(server: PostgresServer, template: str) -> Iterator[str]:
    """URL of a database of this test's own."""
    name = server.create(template)
    yield server.url(name)
    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.dispose()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    processes = Fleet(tmp_path)
    yield processes
    processes.kill()


@pytest.fixture(autouse=True)
def no_worker_left() -> Iterator[None]:
    yield
    planted_loop.kill_all()


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return LEDGER


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what was injected, with the rows that could not be on this machine and why."""
    for report in terminalreporter.stats.get("skipped", []):
        if found := re.search(r"tests/chaos/.*::test_(f\d+)_", report.nodeid):
            LEDGER.skip(found[1].upper(), str(report.longrepr[2]).removeprefix("Skipped: "))
    if LEDGER.rows:
        terminalreporter.section("faults injected")
        for line in LEDGER.table():
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def undisturbed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The report of the study as one worker made it in peace, on another backend and in full stacks."""
    folder = tmp_path_factory.mktemp("undisturbed")
    path = folder / "golden.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    submit(database)
    fleet = Fleet(folder)
    worker = fleet.worker(f"sqlite:///{path}", "--exit-when-idle", "0.5")
    assert exit_code(worker) == 0, fleet.log(worker)
    wait_until(lambda: finished(database, "small") == "complete", what="the undisturbed study")
    check_at_rest(database, "small")
    report = evidence_bytes(database, "small")
    database.dispose()
    return report
