"""The release in force, noted by each migration and each start of a service; workers of other releases claim nothing.

What service and workers mean by a row, and the bits that a training yields, may change with the first two numbers of a
release (`0.1` of 0.1.3) and with nothing else. So releases that share them work together, and no others do: a study
half of which was planned or trained by other rules would look like any other.
"""

from __future__ import annotations

import re
from importlib.metadata import version

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.storage import identity, schema
from studies.storage.engine import Database

VERSION = version("golden-study")
NAME = "release"  # among the counters; its value is the release's three numbers in one
_PART = 1000  # no number of a release reaches it
counter = schema.counters.c


def announce(database: Database, release: str = VERSION) -> None:
    """Note that this release is in force from now on, and mark the database; writes nothing where both are there.

    Raises:
        StorageUnavailableError: the database cannot be reached; call again.
    """
    with database.read() as connection:
        is_marked = identity.of(connection) > 0
    if not is_marked or in_force(database) != _shown(_number(release)):
        database.write(lambda connection: _note_both(connection, release))


def note(connection: Connection, release: str = VERSION) -> None:
    """`announce`, inside the caller's transaction."""
    upsert = (
        "INSERT INTO golden_counters (name, value) VALUES (:name, :value) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
    connection.execute(sa.text(upsert), {"name": NAME, "value": _number(release)})


def _note_both(connection: Connection, release: str) -> None:
    note(connection, release)
    identity.note(connection)


def in_force(database: Database) -> str | None:
    """The release in force as `1.2.3`; None where none was noted yet.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        found = connection.execute(sa.select(counter.value).where(counter.name == NAME)).scalar_one_or_none()
    return None if found is None else _shown(found)


def work_together(one: str, other: str) -> bool:
    """True where service and worker may be of these two releases."""
    return _number(one) // _PART == _number(other) // _PART


def refusal(database: Database, release: str = VERSION) -> str:
    """Why a worker of this release may claim nothing, in one sentence that says what to install; "" where it may.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    other = in_force(database)
    if other is None or work_together(other, release):
        return ""
    return (
        f"this worker is golden-study {release} and the service {other}, which do not work together: nothing is "
        f"claimed; install golden-study {other} here, or upgrade the service"
    )


def _number(release: str) -> int:
    """`1.2.3` as one number; what follows the three (`rc1`, `.dev0`, `+local`) makes no difference."""
    parts = [int(part) for part in re.findall(r"\d+", re.match(r"[\d.]*", release)[0])]  # type: ignore[index]
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return (major * _PART + minor) * _PART + patch


def _shown(number: int) -> str:
    return f"{number // _PART**2}.{number // _PART % _PART}.{number % _PART}"
