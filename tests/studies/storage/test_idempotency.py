"""Idempotency keys: one request, one caller, one week; rows of earlier releases stay valid."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from storage_farm import make_plans, make_spec

from studies.errors import IdempotencyConflictError
from studies.storage import idempotency, schema, studies
from studies.storage.engine import Database, now
from studies.storage.idempotency import Key

ALICE, BOB = Key("k", "alice"), Key("k", "bob")


def _use(database: Database, key: Key, digest: str) -> bool:
    return database.write(lambda c: idempotency.use(c, key, digest, study="first", at=now(c)))


def _insert(database: Database, **row: object) -> None:
    database.write(lambda c: c.execute(sa.insert(schema.idempotency_keys).values(study="first", **row)))


def test_a_key_stands_for_one_request_of_its_caller(database: Database) -> None:
    assert [_use(database, ALICE, "a" * 64), _use(database, ALICE, "a" * 64)] == [True, False]
    assert _use(database, BOB, "b" * 64), "another caller's equal key is another key"
    with pytest.raises(IdempotencyConflictError, match="used for another request"):
        _use(database, ALICE, "b" * 64)


def test_a_key_that_looks_like_a_stored_one_finds_nothing(database: Database) -> None:
    _use(database, ALICE, "a" * 64)
    assert _use(database, Key(ALICE.stored, "bob"), "a" * 64)


def test_a_key_is_forgotten_after_a_week(database: Database) -> None:
    def age(days: float) -> None:
        keys = schema.idempotency_keys
        database.write(lambda c: c.execute(sa.update(keys).values(created_at=now(c) - timedelta(days=days))))

    _use(database, ALICE, "a" * 64)
    age(6.9)
    assert not _use(database, ALICE, "a" * 64)
    age(7.1)
    assert _use(database, ALICE, "b" * 64)


def test_keys_of_earlier_releases_are_still_known(database: Database) -> None:
    spec = make_spec()
    stamp = database.write(now)
    _insert(database, key="old", spec_hash=spec.spec_hash, created_at=stamp)
    plans = make_plans(spec)
    assert studies.create(database, spec, plans, runs_expected=1, idempotency_key="old", submitted_by="token")[1]
    other = make_spec("second")
    with pytest.raises(IdempotencyConflictError):
        studies.create(database, other, make_plans(other), runs_expected=1, idempotency_key="old")


def test_digests_differ_by_action_study_and_body() -> None:
    parts = [("extend", 1, "x"), ("extend", 2, "x"), ("cancel", 1, "x"), ("extend", 1, "y")]
    assert len({idempotency.digest_of(*part) for part in parts}) == 4
