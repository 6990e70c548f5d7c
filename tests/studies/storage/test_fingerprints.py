"""One study is measured on one copy of its data."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from storage_farm import submit

from studies.storage import schema, studies
from studies.storage.engine import Database
from studies.storage.fingerprints import PREFIX, same_data

ONE, OTHER = "ab" * 32, "ac" * 32


def noted(database: Database) -> int:
    with database.read() as connection:
        named = schema.counters.c.name.startswith(PREFIX)
        return int(connection.execute(sa.select(sa.func.count()).where(named)).scalar_one())


def test_the_first_to_ask_is_right(database: Database) -> None:
    submit(database)
    assert same_data(database, "first", "mnist", ONE)
    assert same_data(database, "first", "mnist", ONE)
    assert not same_data(database, "first", "mnist", OTHER)
    assert same_data(database, "first", "digits", OTHER), "each data set by itself"
    submit(database, "second")
    assert same_data(database, "second", "mnist", OTHER), "each study by itself"


def test_of_many_at_once_one_decides(database: Database) -> None:
    submit(database)
    digests = [ONE, OTHER] * 4
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda digest: same_data(database, "first", "mnist", digest), digests))
    assert answers in ([True, False] * 4, [False, True] * 4)


def test_a_deleted_study_leaves_nothing(database: Database) -> None:
    submit(database)
    assert same_data(database, "first", "mnist", ONE)
    assert noted(database) == 1
    studies.delete(database, "first")
    assert noted(database) == 0
    assert same_data(database, "first", "mnist", OTHER), "there is no such study to differ from"
    assert noted(database) == 0
