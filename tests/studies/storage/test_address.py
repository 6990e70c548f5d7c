"""Addresses as users write them, and secrets that no message shows."""

from __future__ import annotations

import pytest

from studies.errors import DatabaseUrlError
from studies.storage.address import parse
from studies.storage.engine import open_database

SECRET = "hunter2-geheim"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"postgresql://u:{SECRET}@h:5432/db", "postgresql://u:***@h:5432/db"),
        (f"postgres://u:{SECRET}%40x@h/db", "postgres://u:***@h/db"),
        (f"postgresql+psycopg://u:{SECRET}/x@h/db?sslmode=require", "postgresql+psycopg://u:***@h/db?sslmode=require"),
        (f"postgresql://h/db?password={SECRET}&user=u", "postgresql://h/db?password=***&user=u"),
        (f"postgresql://u@h/db?sslpassword={SECRET}", "postgresql://u@h/db?sslpassword=***"),
        (f"postgresql://u@h/db?pass%77ord={SECRET}", "postgresql://u@h/db?pass%77ord=***"),
        (f"postgresql://u@h/db?password={SECRET.replace('-', '%2D')}", "postgresql://u@h/db?password=***"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("sqlite:////tmp/{y}.db", "sqlite:////tmp/{y}.db"),
        ("sqlite:////tmp/a:b@c.db", "sqlite:////tmp/a:b@c.db"),
        ("sqlite:///x%20y.db", "sqlite:///x%20y.db"),
    ],
)
def test_url_is_shown_as_it_was_written_without_secrets(written: str, shown: str) -> None:
    address = parse(written)
    assert address.shown == shown
    assert SECRET not in address.mask(f"driver cannot connect to {written}")
    if written.startswith(f"postgresql://u:{SECRET}") or "password=" in written:
        assert SECRET not in address.mask(f"driver says {SECRET}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"postgresql://u:{SECRET}@x@h/db", "write an @ inside a password as %40"),
        (f"postgresql://u:{SECRET}@h:99999/db", "from 1 to 65535"),
        (f"postgresql://u:{SECRET}@h:0/db", "from 1 to 65535"),
        (f"postgresql://u:{SECRET}@h..x/db", "cannot be a host's name"),
        (f"postgresql://u:{SECRET}@h/db%00x", "NUL"),
        (f"postgresql://u:{SECRET}@h/db?colour=red", "option that PostgreSQL does not know"),
        ("sqlite:///a?b.db", "question mark"),
        ("oracle://u@h/x", "use postgresql:// or sqlite:///"),
        ("postgresql+psycopg2://u@h/x", "use postgresql:// or sqlite:///"),
    ],
)
def test_a_url_that_can_never_work_says_what_to_write(url: str, words: str) -> None:
    with pytest.raises(DatabaseUrlError, match=words) as caught:
        open_database(url)
    assert SECRET not in str(caught.value)
    assert "try again" not in str(caught.value)
