"""Whose tables lie in a database: ours, Optuna's, another program's."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import NamedTuple

from alembic.script import ScriptDirectory

from studies.errors import SchemaError, StorageUnavailableError
from studies.storage.faults import Fault
from studies.storage.schema import metadata

VERSION_TABLE = "golden_alembic_version"
OPTUNA_VERSION_TABLE = "alembic_version"  # Optuna owns this name; many other programs use it too
FOLDER = Path(__file__).parent / "migrations"
NAMED = 3  # tables of another program that a message names


def foreign(tables: Collection[str], theirs: str | None) -> Fault | None:
    """The fault of a database without our tables that holds another program's; None where it is ours to fill.

    Args:
        tables: the names of its tables.
        theirs: the revision in `alembic_version`, if there is one.
    """
    if VERSION_TABLE in tables:
        return None
    if theirs is not None and theirs not in revisions(optuna_folder()).every:
        return _of_another(f"its `{OPTUNA_VERSION_TABLE}` is {theirs[:40]!r}")
    others = sorted(
        name for name in set(tables) - set(metadata.tables) - _optuna_tables() if not name.startswith("sqlite_")
    )
    if not others:
        return None
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return _of_another(f"it holds {', '.join(name[:40] for name in others[:NAMED])}{more}")


def _of_another(sign: str) -> Fault:
    return Fault(
        f"belongs to another program ({sign})",
        "use a database of its own for golden-study (GOLDEN_DATABASE_URL)",
        is_schema=True,
    )


def optuna_folder() -> Path:
    """The folder of Optuna's migrations."""
    from optuna.storages._rdb import models  # loads for a second, and only a look at a strange database needs it here

    return Path(models.__file__).parent / "alembic"


class Revisions(NamedTuple):
    """The revisions that the migrations in a folder make, and the newest of them."""

    every: frozenset[str]
    head: str


@cache
def revisions(folder: Path) -> Revisions:
    """What the migrations in a folder make.

    Raises:
        StorageUnavailableError: they cannot be read at present, as for want of open files; call again.
        SchemaError: there are none.
    """
    try:
        listed = os.listdir(folder / "versions")  # noqa: PTH208 - alembic takes an unreadable folder for an empty one
        scripts = ScriptDirectory(str(folder))
        every = frozenset(script.revision for script in scripts.walk_revisions())
        head = scripts.get_current_head()
    except FileNotFoundError:
        listed, every, head = [], frozenset(), None
    except OSError as error:
        raise _unreadable(folder, error.strerror or "") from None
    if head is not None:
        return Revisions(every, head)
    if any(name.endswith(".py") for name in listed):
        raise _unreadable(folder, "its files cannot be listed")
    raise SchemaError(f"the program's migrations are missing from {folder}; install it again")


def _unreadable(folder: Path, why: str) -> StorageUnavailableError:
    cure = "allow the program more open files, and try again"
    return StorageUnavailableError(f"the program's migrations in {folder} cannot be read at present ({why}); {cure}")


def _optuna_tables() -> set[str]:
    from optuna.storages._rdb import models

    return {*models.BaseModel.metadata.tables, OPTUNA_VERSION_TABLE}
