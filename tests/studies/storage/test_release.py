"""The release in force: who may work for it, and who says what it is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from asked import asked_of

from studies.storage import release, schema
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("0.1.0", "0.1.0", True),
        ("0.1.0", "0.1.12", True),
        ("0.1", "0.1.3", True),
        ("1.4.2rc1", "1.4.0+local", True),
        ("0.1.0", "0.2.0", False),
        ("0.1.9", "1.1.9", False),
        ("0.10.0", "0.1.0", False),
    ],
)
def test_releases_with_the_same_first_two_numbers_work_together(one: str, other: str, together: bool) -> None:
    assert release.work_together(one, other) is together
    assert release.work_together(other, one) is together


def test_migrating_puts_a_release_in_force(empty_url: str) -> None:
    database = open_database(empty_url)
    migrate(database)
    assert release.in_force(database) == ".".join(release.VERSION.split(".")[:3])
    assert release.refusal(database) == ""
    database.dispose()


def test_whoever_serves_last_is_in_force(database: Database) -> None:
    release.announce(database, "3.2.1")
    assert release.in_force(database) == "3.2.1"
    assert release.refusal(database, "3.2.9") == ""
    text = release.refusal(database, "3.1.9")
    assert "golden-study 3.1.9 and the service 3.2.1" in text
    assert "install golden-study 3.2.1 here" in text
    assert "\n" not in text
    release.announce(database, "3.1.0")
    assert release.refusal(database, "3.1.9") == ""


def test_announcing_the_release_in_force_writes_nothing(database: Database) -> None:
    with asked_of(database, lambda statement: statement.startswith("INSERT")) as writes:
        release.announce(database)
        assert writes == []
        release.announce(database, "9.9.9")
        assert len(writes) == 1


def test_a_database_that_names_no_release_refuses_nobody(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.delete(schema.counters).where(schema.counters.c.name == release.NAME))
    assert release.in_force(database) is None
    assert release.refusal(database, "7.7.7") == ""
