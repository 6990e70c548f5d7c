"""Makes and upgrades the tables: ours by our own migrations, Optuna's as Optuna itself would make them.

`migrate` is the only thing that ever changes a schema. It works in one transaction under one lock (an advisory lock on
PostgreSQL, the file's write lock on SQLite), so that any number of programs may call it at once: the first does the
work, the others find it done. Everything else calls `require_current` at its start and refuses any other schema.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from optuna.storages._rdb import models as optuna_models
from sqlalchemy.engine import Connection

from studies.errors import SchemaError
from studies.storage import release
from studies.storage.engine import UPGRADE, Database

VERSION_TABLE = "golden_alembic_version"  # Optuna owns `alembic_version`
OPTUNA_SCHEMA = 12  # the layout that `mirror` writes
OPTUNA_MAJOR = "5"  # earlier ones lay tables out alike, yet store times in the time zone of the writer
_LOCK = 0x676F6C64  # "gold": key of the advisory lock
_FOLDER = Path(__file__).parent / "migrations"
_OPTUNA_FOLDER = Path(optuna_models.__file__).parent / "alembic"


def migrate(database: Database) -> None:
    """Bring a database to this program's schema; does nothing where it is there already.

    Raises:
        SchemaError: the database is newer than this program, or its Optuna tables are of another version.
        StorageUnavailableError: the database cannot be reached.
    """
    database.write(_migrate)


def require_current(database: Database) -> None:
    """Check that the schema is exactly this program's.

    Raises:
        SchemaError: it is not; the message is one line and names the cure.
        StorageUnavailableError: the database cannot be reached.
    """
    with database.read() as connection:
        problem = _problem(connection)
    if problem:
        raise SchemaError(f"{database.url_shown}: {problem}")


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    ours = _revision(connection, VERSION_TABLE)
    if ours is not None and ours not in _known(_FOLDER):
        raise SchemaError(_newer(ours))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _migrate_optuna(connection)
    release.note(connection)


def _migrate_optuna(connection: Connection) -> None:
    """Do as `optuna.storages.RDBStorage` does on an empty database, in our transaction."""
    if problem := _installed_problem():
        raise SchemaError(problem)
    if _revision(connection, "alembic_version") is not None:
        problem = _optuna_problem(connection)
        if problem:
            raise SchemaError(problem)
        return
    optuna_models.BaseModel.metadata.create_all(connection)
    row = optuna_models.VersionInfoModel.__table__
    if connection.execute(sa.select(sa.func.count()).select_from(row)).scalar_one() == 0:
        connection.execute(
            sa.insert(row).values(version_info_id=1, schema_version=OPTUNA_SCHEMA, library_version=version("optuna"))
        )
    MigrationContext.configure(connection).stamp(_scripts(_OPTUNA_FOLDER), _head(_OPTUNA_FOLDER))


def _problem(connection: Connection) -> str:
    ours = _revision(connection, VERSION_TABLE)
    if ours is None:
        return f"it has no golden-study tables; run `{UPGRADE}`"
    if ours not in _known(_FOLDER):
        return _newer(ours)
    if ours != _head(_FOLDER):
        return f"its tables are older than this program ({ours}); run `{UPGRADE}`"
    return _optuna_problem(connection)


def _installed_problem() -> str:
    """Why other programs could not read the rows of the installed Optuna, "" where they can."""
    installed = version("optuna")
    if optuna_models.SCHEMA_VERSION == OPTUNA_SCHEMA and installed.partition(".")[0] == OPTUNA_MAJOR:
        return ""
    return f"the installed Optuna {installed} writes other rows than Optuna 5; install optuna>=5,<6"


def _optuna_problem(connection: Connection) -> str:
    if problem := _installed_problem():
        return problem
    theirs = _revision(connection, "alembic_version")
    if theirs is None:
        return f"it has no Optuna tables; run `{UPGRADE}`"
    if theirs not in _known(_OPTUNA_FOLDER):
        return (
            f"another program's or a newer Optuna's `alembic_version` ({theirs}) lies in it; use a database of its own"
        )
    row = optuna_models.VersionInfoModel.__table__
    layout = connection.execute(sa.select(row.c.schema_version)).scalar_one_or_none()
    if theirs != _head(_OPTUNA_FOLDER) or layout != OPTUNA_SCHEMA:
        return (
            f"its Optuna tables are older than Optuna {version('optuna')}; run `optuna storage upgrade --storage <url>`"
        )
    return ""


def _revision(connection: Connection, table: str) -> str | None:
    if not sa.inspect(connection).has_table(table):
        return None
    return connection.execute(sa.text(f"SELECT version_num FROM {table}")).scalar_one_or_none()


def _newer(revision: str) -> str:
    return f"its tables were made by a newer golden-study ({revision}); install that version of the program"


def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder))


def _head(folder: Path) -> str:
    head = _scripts(folder).get_current_head()
    if head is None:
        raise SchemaError(f"the program's migrations are missing from {folder}; install it again")
    return head


def _known(folder: Path) -> set[str]:
    return {script.revision for script in _scripts(folder).walk_revisions()}
