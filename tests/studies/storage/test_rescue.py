"""The content of a removed file is saved where nothing is overwritten, and never taken to be saved where it is not."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from storage_farm import submit

from studies.errors import StorageUnavailableError
from studies.storage import overview
from studies.storage.engine import Database, open_database
from studies.storage.rescue import rescue


def copied(path: Path, name: str) -> Path:
    """A copy of the database beside it, with what lies in its log."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(path.with_name(name))) as target:
        source.backup(target)
    return path.with_name(name)


@pytest.mark.parametrize("earlier", ["older", "of another program", "empty"])
def test_what_was_saved_at_an_earlier_time_is_left_alone(db: Database, path: Path, earlier: str) -> None:
    saved = Path(f"{path}.rescued")
    if earlier == "older":
        copied(path, "older").rename(saved)
    else:
        saved.write_bytes(b"" if earlier == "empty" else b"another file " * 1000)
    before = saved.read_bytes()
    submit(db, "later")
    path.unlink()
    with pytest.raises(StorageUnavailableError, match=f"saved in {path}.rescued-2: move that"):
        overview.list_page(db)
    assert saved.read_bytes() == before
    Path(f"{path}.rescued-2").rename(path)
    assert [study.name for study in overview.list_page(db).items] == ["later", "before"]


def test_whoever_comes_later_sees_that_it_is_saved(db: Database, path: Path) -> None:
    second = open_database(f"sqlite:///{path}")
    assert overview.list_page(second).items
    path.unlink()
    for database in (db, second):
        with pytest.raises(StorageUnavailableError, match=rf"saved in {path}\.rescued: move that"):
            overview.list_page(database)
    second.dispose()
    assert [each.name for each in path.parent.glob("*.rescu*")] == [f"{path.name}.rescued"]


def test_a_change_that_would_go_into_a_removed_file_is_not_made(db: Database, path: Path) -> None:
    """Else what was saved of the file meanwhile lacks it, and is not taken for the file when it is put back."""
    second = open_database(f"sqlite:///{path}")
    assert overview.list_page(second).items
    with pytest.raises(StorageUnavailableError, match="removed"), db.begin() as connection:
        connection.exec_driver_sql("UPDATE golden_studies SET revision = revision + 1")
        path.unlink()
        with pytest.raises(StorageUnavailableError, match="removed"):
            overview.list_page(second)
    Path(f"{path}.rescued").rename(path)
    for number, database in enumerate((db, second)):
        submit(database, f"after-{number}")
    assert len(overview.list_page(db).items) == 3
    second.dispose()


def test_it_is_not_promised_where_it_cannot_be_done(db: Database, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        shutil.rmtree(path.parent)
        assert rescue(str(path), connection, mode=0o600) == ""
