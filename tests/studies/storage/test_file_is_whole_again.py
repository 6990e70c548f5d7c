"""A SQLite file that was broken or gone and is whole again: everything goes on, however busy its users are."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest
from harmed_file import NOISE, overwrite
from storage_farm import submit
from waiting import join_all, wait_until

from studies.errors import StorageUnavailableError
from studies.storage import overview, watch
from studies.storage.engine import Database


def test_an_overwritten_file_that_is_put_back_is_read_from_end_to_end(db: Database, path: Path) -> None:
    whole = path.read_bytes()
    overwrite(path)
    with pytest.raises(StorageUnavailableError, match="overwritten"):
        submit(db, "refused")
    path.write_bytes(whole)
    submit(db, "after")
    assert [study.name for study in overview.list_page(db).items] == ["after", "before"]
    path.write_bytes(b"")
    with pytest.raises(StorageUnavailableError, match="cut short"):
        submit(db, "refused")
    path.write_bytes(whole[:100] + NOISE)
    with pytest.raises(StorageUnavailableError, match=r"damaged|cut short|older"):
        submit(db, "refused")


def merged(path: Path) -> bytes:
    """The content of the file once what was in its log is in it, too."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.mark.parametrize("harm", ["overwritten", "copied", "log removed"])
def test_a_connection_that_was_in_use_when_the_file_was_opened_anew_does_not_keep_it_closed(
    db: Database, path: Path, harm: str
) -> None:
    """It comes back to a pool that was replaced meanwhile, and used to stay open there, so that nothing went on."""
    whole = merged(path)
    taken = db.engine.connect()
    overview.list_page(db)  # on a second connection
    if harm == "log removed":
        Path(f"{path}-wal").unlink()
    elif harm == "copied":
        path.unlink()
    else:
        overwrite(path)
    if harm != "log removed":
        with pytest.raises(StorageUnavailableError):
            overview.list_page(db)
        path.write_bytes(whole)
    for _ in range(2):
        with pytest.raises(StorageUnavailableError):
            submit(db, "refused")
    taken.close()
    submit(db, "after")
    assert [study.name for study in overview.list_page(db).items] == ["after", "before"]


def test_a_file_that_comes_back_is_taken_up_however_busy_its_users_are(db: Database, path: Path) -> None:
    whole = merged(path)
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            with contextlib.suppress(StorageUnavailableError):
                overview.list_page(db)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(25):
            with path.open("r+b") as file:
                file.write(NOISE[: len(whole)])
            wait_until(lambda: refusal(db), what="a refusal")
            with path.open("r+b") as file:
                file.write(whole)
            wait_until(lambda: not refusal(db), what=lambda: f"the file that is back: {refusal(db)}")
    finally:
        over.set()
        join_all(*readers)


def refusal(db: Database) -> str:
    """Why the database cannot be read; "" where it can."""
    try:
        overview.list_page(db)
    except StorageUnavailableError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("start", [0, 50, 4096])
def test_no_page_of_the_time_when_it_was_broken_is_kept(db: Database, path: Path, start: int) -> None:
    """SQLite keeps pages that it has read until somebody writes; nobody need write for hours."""
    whole = merged(path)
    broken = whole[:start] + (NOISE * (len(whole) // len(NOISE) + 1))[: len(whole) - start]
    for content, works in ((broken, False), (whole, True)):
        with path.open("r+b") as file:
            file.write(content)
        for call in (lambda: overview.list_page(db), lambda: overview.get(db, "before")):
            with contextlib.nullcontext() if works else pytest.raises(StorageUnavailableError):
                call()


def test_a_connection_that_is_opened_on_a_broken_file_says_so_and_asks_for_proof(db: Database, path: Path) -> None:
    whole = merged(path)
    db.engine.dispose()  # as after a quiet while
    overwrite(path)
    with pytest.raises(StorageUnavailableError, match="overwritten"):
        overview.list_page(db)
    path.write_bytes(whole[:8192] + whole[:4096] * (len(whole) // 4096 - 2))
    with pytest.raises(StorageUnavailableError, match="damaged"):
        watch.look(db)
    path.write_bytes(whole)
    assert len(overview.list_page(db).items) == 1


@pytest.mark.parametrize("start", [0, 4096])
def test_what_is_only_in_the_log_outlives_a_broken_file(db: Database, path: Path, start: int) -> None:
    """Were the last connection closed meanwhile, SQLite would merge the log into the broken file and remove it."""
    merged(path)
    submit(db, "in-the-log")
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(start)
        file.write((NOISE * 3)[: len(whole) - start])
    for _ in range(3):
        with contextlib.suppress(StorageUnavailableError):
            overview.get(db, "before")
            overview.list_page(db)
    with path.open("r+b") as file:
        file.write(whole)
    assert [study.name for study in overview.list_page(db).items] == ["in-the-log", "before"]
