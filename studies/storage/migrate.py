"""Makes and upgrades the tables: ours by our own migrations, Optuna's as Optuna itself would make them.

`migrate` is the only thing that ever changes a schema. It works in one transaction under one lock (an advisory lock on
PostgreSQL, the file's write lock on SQLite), so that any number of programs may call it at once: the first does the
work, the others find it done. Everything else calls `require_current` at its start and refuses any other schema.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import NamedTuple

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from optuna.storages._rdb import models as optuna_models
from sqlalchemy.engine import Connection

from studies.errors import StorageError
from studies.storage import identity, release
from studies.storage.contents import FOLDER, OPTUNA_VERSION_TABLE, VERSION_TABLE, foreign, optuna_folder, revisions
from studies.storage.engine import GONE, Database
from studies.storage.faults import NO_TABLES, UPGRADE, Fault

OPTUNA_SCHEMA = 12  # the layout that `mirror` writes
OPTUNA_MAJOR = "5"  # earlier ones lay tables out alike, yet store times in the time zone of the writer
_LOCK = 0x676F6C64  # "gold": key of the advisory lock
_OPTUNA_FOLDER = optuna_folder()
_INSTALLED = version("optuna")  # read once, lest a later look lack a file for it
# The tables of a database, without those that belong to the system or to an extension.
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    "postgresql": (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(current_schema()) "
        "AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid "
        "AND deptype = 'e')"
    ),
}
EMPTY_VERSION = Fault(
    f"is damaged: its `{VERSION_TABLE}` is empty", "restore a backup (docs/operations.md)", is_schema=True
)


class _Refused(Exception):
    """A fault found inside a transaction, which is rolled back."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


def migrate(database: Database) -> None:
    """Bring a database to this program's schema; does nothing where it is there already. Makes a missing SQLite file.

    Raises:
        SchemaError: the database is newer than this program, another program's, or its Optuna tables are of another
            version.
        StorageUnavailableError: the database cannot be reached.
    """
    database.refusal = None  # what a look found may be what is cured now
    try:
        with database.creating():
            database.write(_migrate)
    except _Refused as refused:
        raise refused.fault.error(database.address) from None


def require_current(database: Database) -> None:
    """Check that the schema is exactly this program's, in the database that was checked before.

    Raises:
        SchemaError: it is not; the message is one line and names the cure.
        StorageUnavailableError: the database cannot be reached, or is another one.
    """
    if error := judge(database):
        raise error


def judge(database: Database) -> StorageError | None:
    """What is wrong with the contents of a database; None where nothing is.

    Raises:
        SchemaError: there is no file.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read(despite_refusal=True) as connection:
        problem = _problem(connection)
        mark = 0 if problem else identity.of(connection)
    if problem is None and database.mark and mark != database.mark:
        problem = identity.ANOTHER
    if problem is not None:
        return (GONE if database.mark and problem is NO_TABLES else problem).error(database.address)
    database.mark = mark
    return None


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = _contents(connection)
    if problem := _of_another(found) or _unknown(found):
        raise _Refused(problem)
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _migrate_optuna(connection)
    release.note(connection)
    identity.note(connection)


def _migrate_optuna(connection: Connection) -> None:
    """Do as `optuna.storages.RDBStorage` does on an empty database, in our transaction."""
    if problem := _installed_problem():
        raise _Refused(problem)
    if _revisions(connection, OPTUNA_VERSION_TABLE):
        if problem := _optuna_problem(connection):
            raise _Refused(problem)
        return
    optuna_models.BaseModel.metadata.create_all(connection)
    row = optuna_models.VersionInfoModel.__table__
    if connection.execute(sa.select(sa.func.count()).select_from(row)).scalar_one() == 0:
        connection.execute(
            sa.insert(row).values(version_info_id=1, schema_version=OPTUNA_SCHEMA, library_version=_INSTALLED)
        )
    MigrationContext.configure(connection).stamp(ScriptDirectory(str(_OPTUNA_FOLDER)), revisions(_OPTUNA_FOLDER).head)


class _Contents(NamedTuple):
    """Tables and revisions of a database; a revision is "" where its table is empty, None where there is no table."""

    tables: frozenset[str]
    ours: str | None
    theirs: str | None


def _contents(connection: Connection) -> _Contents:
    names = frozenset(connection.execute(sa.text(_TABLES[connection.dialect.name])).scalars())
    return _Contents(names, _revisions(connection, VERSION_TABLE), _revisions(connection, OPTUNA_VERSION_TABLE))


def _of_another(found: _Contents) -> Fault | None:
    return foreign(found.tables | ({VERSION_TABLE} if found.ours is not None else set()), found.theirs)


def _unknown(found: _Contents) -> Fault | None:
    if found.ours is None or found.ours in revisions(FOLDER).every:
        return None
    if not found.ours:
        return EMPTY_VERSION
    return Fault(
        f"has tables of a newer golden-study ({found.ours[:40]!r} is unknown to this one)",
        "install that version of the program",
        is_schema=True,
    )


def _problem(connection: Connection) -> Fault | None:
    found = _contents(connection)
    if problem := _of_another(found):
        return problem
    if found.ours is None:
        older_optuna = _optuna_problem(connection) if found.theirs else None
        return older_optuna or NO_TABLES
    if problem := _unknown(found):
        return problem
    if found.ours != revisions(FOLDER).head:
        return Fault(f"has tables that are older than this program ({found.ours})", f"run `{UPGRADE}`", is_schema=True)
    return _optuna_problem(connection)


def _installed_problem() -> Fault | None:
    """Why other programs could not read the rows of the installed Optuna."""
    if optuna_models.SCHEMA_VERSION == OPTUNA_SCHEMA and _INSTALLED.partition(".")[0] == OPTUNA_MAJOR:
        return None
    what = f"is not used, since the installed Optuna {_INSTALLED} writes other rows than Optuna 5"
    return Fault(what, "install optuna>=5,<6", is_schema=True)


def _optuna_problem(connection: Connection) -> Fault | None:
    if problem := _installed_problem():
        return problem
    theirs = _revisions(connection, OPTUNA_VERSION_TABLE)
    if not theirs:
        return Fault("has no Optuna tables", f"run `{UPGRADE}`", is_schema=True)
    if theirs not in revisions(_OPTUNA_FOLDER).every:
        return Fault(
            f"holds another program's or a newer Optuna's `{OPTUNA_VERSION_TABLE}` ({theirs[:40]!r})",
            "use a database of its own for golden-study (GOLDEN_DATABASE_URL)",
            is_schema=True,
        )
    row = optuna_models.VersionInfoModel.__table__
    layout = connection.execute(sa.select(row.c.schema_version)).scalars().first()
    if theirs != revisions(_OPTUNA_FOLDER).head or layout != OPTUNA_SCHEMA:
        what = f"has Optuna tables that are older than Optuna {_INSTALLED}"
        return Fault(what, "run `optuna storage upgrade --storage <url>`", is_schema=True)
    return None


def _revisions(connection: Connection, table: str) -> str | None:
    """What a version table says: one revision, several joined, "" for none; None where there is no such table."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(table):
        return None
    if "version_num" not in {column["name"] for column in inspector.get_columns(table)}:
        return "without a version"
    found = connection.execute(sa.text(f"SELECT version_num FROM {table}")).scalars()
    return " and ".join(sorted(map(str, found)))
