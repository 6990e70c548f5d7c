"""Codes that work once, on both databases."""

from __future__ import annotations

from studies.storage import codes, overview
from studies.storage.engine import Database

NEVER = 9_999_999_999  # seconds since 1970


def test_a_code_works_once(database: Database) -> None:
    assert not codes.is_used(database, "a")
    assert [codes.use_once(database, "a", expires=NEVER) for _ in range(3)] == [True, False, False]
    assert codes.is_used(database, "a")
    assert not codes.is_used(database, "b")
    assert overview.revisions(database) == 0, "no study's counter"


def test_an_expired_code_is_forgotten(database: Database) -> None:
    """Its expiry alone makes it refused."""
    assert codes.use_once(database, "old", expires=1)
    assert codes.use_once(database, "old", expires=1)
    codes.use_once(database, "another", expires=NEVER)
    assert not codes.is_used(database, "old")
