"""The worker processes: registered, listed, counted, asked to stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.speed import from_text
from studies.storage import schema
from studies.storage.engine import Database, now
from studies.storage.read_models import WorkerRow

ALIVE_SECONDS = 60.0  # a worker without a heartbeat for this long counts as gone
KEPT_DAYS = 30  # the row of a worker without a heartbeat for this long is deleted

workers = schema.workers
_ALL = sa.select(workers).order_by(workers.c.last_seen_at.desc(), workers.c.name)


def register(database: Database, *, name: str, host: str, pid: int, device: str, version: str) -> None:
    """Announce a worker; under the same name it takes the old row over, drain request and all forgotten.

    Rows of workers that were silent for `KEPT_DAYS` go: where rows are added, the list is kept from growing for ever.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    fixed = {"name": name, "host": host, "pid": pid, "device": device, "version": version}

    def work(connection: Connection) -> None:
        at = now(connection)
        old = sa.or_(workers.c.name == name, workers.c.last_seen_at < at - timedelta(days=KEPT_DAYS))
        connection.execute(sa.delete(workers).where(old))
        connection.execute(sa.insert(workers).values(**fixed, state="idle", started_at=at, last_seen_at=at))

    database.write(work)


def retire(database: Database, name: str) -> None:
    """Show a worker as gone; one that is not there is gone already.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    values = {"state": "gone", "study": None, "lanes": 0}
    database.write(
        lambda connection: connection.execute(sa.update(workers).where(workers.c.name == name).values(**values))
    )


def request_drain(database: Database, name: str) -> bool:
    """Ask a worker to finish what it holds and stop; it hears of it with its next heartbeat.

    Returns:
        False where no worker of this name is registered.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    statement = sa.update(workers).where(workers.c.name == name).values(drain=sa.true())
    return database.write(lambda connection: connection.execute(statement).rowcount == 1)


def list_workers(database: Database) -> list[WorkerRow]:
    """Every registered worker, the latest heartbeat first.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        at = now(connection)
        rows = connection.execute(_ALL).all()
    return [_record(row, at) for row in rows]


def count_alive(database: Database) -> int:
    """Count the workers that are alive.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        lately = workers.c.last_seen_at >= now(connection) - timedelta(seconds=ALIVE_SECONDS)
        counted = sa.select(sa.func.count()).select_from(workers).where(workers.c.state != "gone", lately)
        return int(connection.execute(counted).scalar_one())


def _record(row: sa.Row[Any], at: datetime) -> WorkerRow:
    values = {key: value for key, value in row._mapping.items() if key != "drain"}
    values["speeds"] = from_text(row.speeds)
    alive = row.state != "gone" and at - row.last_seen_at <= timedelta(seconds=ALIVE_SECONDS)
    if not alive:  # what it said last is no longer so
        values["trainings_per_second"] = None
    return WorkerRow(**values, alive=alive)
