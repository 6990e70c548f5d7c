"""A SQLite file that goes, comes back, is another one or broken while it is used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from harmed_file import NOISE, overwrite
from storage_farm import submit
from waiting import join_all

from studies.errors import SchemaError, StorageError, StorageUnavailableError
from studies.storage import held_files, overview, watch
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate


@pytest.fixture
def other(path: Path) -> Path:
    """Another golden-study database beside it."""
    found = path.with_name("other.db")
    database = open_database(f"sqlite:///{found}")
    migrate(database)
    submit(database, "theirs")
    database.dispose()
    return found


def put_empty(path: Path) -> None:
    path.unlink()
    path.touch()


def put_other(path: Path) -> None:
    path.with_name("other.db").replace(path)


def copy_other(path: Path) -> None:
    shutil.copyfile(path.with_name("other.db"), path)


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def cut_short(path: Path) -> None:
    os.truncate(path, 5000)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def move(path: Path) -> None:
    path.rename(path.with_name("moved"))


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (Path.unlink, "was removed while"),
        (move, "was moved away while"),
        (remove_folder, "was removed while"),
        (put_folder, "was replaced by another file"),
        (put_empty, "was replaced by another file"),
        (put_other, "was replaced by another file"),
        (copy_other, "was overwritten with another golden-study database"),
        (cut_short, "was cut short"),
        (empty, "was cut short"),
        (overwrite, "was overwritten while"),
    ],
)
def test_harm_is_found_at_once_by_reads_and_changes(
    db: Database, path: Path, other: Path, harm: Callable[[Path], object], words: str
) -> None:
    assert other.exists()
    harm(path)
    for call in (lambda: overview.list_page(db), lambda: submit(db, "after"), lambda: watch.require_usable(db)):
        with pytest.raises(StorageUnavailableError, match=words) as caught:
            call()
        assert str(path) not in caught.value.public
        assert "\n" not in str(caught.value)
        assert not caught.value.passes
    if words.startswith("was removed"):
        assert not path.exists(), "nobody makes an empty one"


def test_a_moved_file_that_comes_back_goes_on(db: Database, path: Path) -> None:
    move(path)
    with pytest.raises(StorageUnavailableError, match="move its file back"):
        submit(db, "refused")
    path.with_name("moved").rename(path)
    submit(db, "after")
    assert [study.name for study in overview.list_page(db).items] == ["after", "before"]


@pytest.mark.parametrize("sides_too", [False, True])
def test_a_removed_file_is_saved_and_goes_on_once_it_is_put_back(db: Database, path: Path, sides_too: bool) -> None:
    path.unlink()
    if sides_too:
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink()
    saved = Path(f"{path}.rescued")
    with pytest.raises(StorageUnavailableError, match=f"saved in {saved}: move that"):
        overview.list_page(db)
    saved.rename(path)
    submit(db, "after")
    assert [study.name for study in overview.list_page(db).items] == ["after", "before"]
    again = open_database(f"sqlite:///{path}")
    assert len(overview.list_page(again).items) == 2
    again.dispose()


def test_a_copy_that_lacks_something_is_not_taken_for_the_file(db: Database, path: Path) -> None:
    older = path.with_name("older")
    with sqlite3.connect(path) as source, sqlite3.connect(older) as target:
        source.backup(target)
    source.close()
    target.close()
    submit(db, "later")
    older.replace(path)
    with pytest.raises(StorageUnavailableError, match="replaced"):
        overview.list_page(db)


@pytest.mark.parametrize("ends", [["-wal"], ["-shm"], ["-wal", "-shm"]])
def test_a_log_that_is_removed_loses_nothing(db: Database, path: Path, ends: list[str]) -> None:
    submit(db, "in-the-log")
    for end in ends:
        Path(f"{path}{end}").unlink()
    assert len(overview.list_page(db).items) == 2
    for end in ends:
        Path(f"{path}{end}").unlink(missing_ok=True)
    submit(db, "after")
    fresh = open_database(f"sqlite:///{path}")
    assert len(overview.list_page(fresh).items) == 3
    fresh.dispose()


def test_a_change_that_the_file_did_not_outlive_is_not_confirmed(db: Database, path: Path) -> None:
    with pytest.raises(StorageUnavailableError, match="removed"), db.begin():
        path.unlink()


def test_an_immutable_file_refuses_changes_and_answers_reads(db: Database, path: Path) -> None:
    if subprocess.run(["chattr", "+i", path], check=False, capture_output=True).returncode:
        pytest.skip("chattr cannot make a file immutable here")
    try:
        with pytest.raises(StorageUnavailableError, match="read-only"):
            submit(db, "refused")
        with pytest.raises(StorageUnavailableError, match="read-only"):
            watch.require_usable(db)
        assert len(overview.list_page(db).items) == 1
    finally:
        subprocess.run(["chattr", "-i", path], check=True)
    submit(db, "after")


def test_a_mark_below_zero_is_one_too(sqlite_url: str, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = -5")
    connection.close()
    database = open_database(sqlite_url)
    for name in ("first", "second"):
        submit(database, name)
        assert overview.list_page(database).items
    database.dispose()


@pytest.mark.parametrize("content", [None, b""])
def test_only_a_migration_makes_a_file(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "none.db"
    if content is not None:
        path.write_bytes(content)
    database = open_database(f"sqlite:///{path}")
    for call in (lambda: overview.list_page(database), lambda: submit(database)):
        with pytest.raises(SchemaError, match="run `golden db upgrade`"):
            call()
    assert path.exists() == (content is not None)
    assert sorted(tmp_path.iterdir()) == ([path] if content is not None else [])
    migrate(database)
    submit(database)
    database.dispose()


def foreign_files() -> dict[str, tuple[list[str], str]]:
    """Statements that make files of other programs, and what is said of them."""
    mlflow = ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('bd07f7e963c5')"]
    return {
        "mlflow": (
            [*mlflow, "CREATE TABLE experiments (id)", "CREATE TABLE runs (id)"],
            "another program.*bd07f7e963c5",
        ),
        "plain": (["CREATE TABLE a (x)", "CREATE TABLE b (x)"], "another program .it holds a, b."),
        "wal": (["PRAGMA journal_mode = WAL", "CREATE TABLE a (x)"], "another program .it holds a."),
    }


@pytest.mark.parametrize("kind", foreign_files())
@pytest.mark.parametrize("action", [migrate, watch.look, overview.list_page, submit])
def test_a_file_of_another_program_is_recognised_untouched(
    tmp_path: Path, kind: str, action: Callable[[Database], object]
) -> None:
    path, (statements, words) = tmp_path / "foreign.db", foreign_files()[kind]
    writer = sqlite3.connect(path)
    for statement in statements:
        writer.execute(statement)
    writer.commit()
    if kind != "wal":  # there the writer goes on, and its table lies in the log alone
        writer.close()
    before = path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(SchemaError, match=words) as caught:
        action(database)
    assert "use a database of its own" in str(caught.value)
    database.dispose()
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before
    writer.close()


@pytest.mark.parametrize(
    "content", [b"x", b"x" * 511, b"a letter " * 500, b"PK\x03\x04" + NOISE, b"\x89PNG\r\n" + NOISE]
)
def test_a_file_that_is_no_database_is_left_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.db"
    path.write_bytes(content)
    before = path.stat().st_mtime_ns
    database = open_database(f"sqlite:///{path}")
    for call in (migrate, watch.look):
        with pytest.raises(StorageUnavailableError, match=r"is not a database.*name another file") as caught:
            call(database)
        assert not caught.value.passes
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (content, before)
    assert sorted(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match="no plain file"):
        migrate(open_database(f"sqlite:///{pipe}"))


def test_a_locked_file_refuses_changes_in_time_and_answers_reads(db: Database, path: Path) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    failures: list[StorageError] = []

    def change() -> None:
        try:
            submit(db, "refused")
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=change) for _ in range(20)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert len(overview.list_page(db).items) == 1
    join_all(*threads)
    assert len(failures) == 20
    assert all(error.passes and "try again later" in str(error) for error in failures)
    holder.execute("ROLLBACK")
    holder.close()
    submit(db, "after")


def test_one_descriptor_serves_every_database_of_a_process(sqlite_url: str) -> None:
    several = [open_database(sqlite_url) for _ in range(3)]
    for database in several:
        overview.list_page(database)
    (users,) = [users for key, (_, users) in held_files._held.items() if key == held_files.key_of(sqlite_url[10:])]
    assert users == 3
    for database in several:
        database.dispose()
    assert held_files.key_of(sqlite_url[10:]) not in held_files._held
