"""Databases as earlier releases made them: an older revision's tables, and a study in the middle of its work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from studies.storage import contents
from studies.storage import migrate as migration
from studies.storage.engine import Database

VERSIONS = {"golden_alembic_version", "alembic_version", "version_info"}  # rows of the tables' makers, not of studies


def revisions() -> list[str]:
    """Every revision of our tables but the latest, the first one first."""
    scripts = ScriptDirectory(str(contents.FOLDER)).walk_revisions()
    return [script.revision for script in scripts][:0:-1]


def make_tables(database: Database, revision: str) -> None:
    """An empty database's tables at a revision, with Optuna's."""

    def work(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(contents.FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        migration._migrate_optuna(connection)

    with database.creating():
        database.write(work)


def copy_rows(source: sa.Engine, target: Database) -> int:
    """Everything that both databases have a table and a column for; how many rows."""
    theirs, ours = sa.MetaData(), sa.MetaData()
    theirs.reflect(source)
    ours.reflect(target.engine)
    copied = 0
    with source.connect() as reader, target.begin() as writer, _unchecked(writer):
        for table in ours.sorted_tables:
            if table.name in theirs.tables and table.name not in VERSIONS:
                copied += _copy(reader, writer, theirs.tables[table.name], table)
    return copied


@contextlib.contextmanager
def _unchecked(connection: sa.Connection) -> Iterator[None]:
    """Foreign keys hold at the end again; in between, rows are inserted in any order."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL session_replication_role = 'replica'"))
    yield


def _copy(reader: sa.Connection, writer: sa.Connection, source: sa.Table, target: sa.Table) -> int:
    shared = [column for column in target.columns if column.name in source.columns]
    texts = ", ".join(f'"{column.name}"' for column in shared)
    found = reader.execute(sa.text(f'SELECT {texts} FROM "{source.name}"')).all()
    rows = [{c.name: _as(c, value) for c, value in zip(shared, row, strict=True)} for row in found]
    if rows:
        plain = ", ".join(f":{column.name}" for column in shared)
        writer.execute(sa.text(f'INSERT INTO "{target.name}" ({texts}) VALUES ({plain})'), rows)
    _count_on(writer, target)
    return len(rows)


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL's sequences go on behind the ids that were copied; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        name = {"table": f'"{table.name}"', "column": column.name}
        sequence = connection.execute(sa.text("SELECT pg_get_serial_sequence(:table, :column)"), name).scalar_one()
        if sequence is not None:
            most = connection.execute(sa.select(sa.func.max(column))).scalar_one()
            if most is not None:
                connection.execute(sa.text("SELECT setval(:sequence, :most)"), {"sequence": sequence, "most": most})


def _as(column: sa.Column[Any], value: Any) -> Any:
    """SQLite's numbers and texts as what PostgreSQL's column wants."""
    if value is None:
        return None
    if isinstance(column.type, sa.Boolean):
        return bool(value)
    if isinstance(column.type, sa.DateTime) and isinstance(value, str) and not isinstance(column.type, sa.String):
        zone = "+00:00" if getattr(column.type, "timezone", False) and "+" not in value else ""
        return datetime.fromisoformat(value + zone)
    return value


def load_dump(path: Path, into: Path) -> sa.Engine:
    """A stored dump as an SQLite file."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(into)) as connection:
        connection.executescript(path.read_text("utf-8"))
    return sa.create_engine(f"sqlite:///{into}")
