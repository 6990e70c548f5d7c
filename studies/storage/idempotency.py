"""Idempotency keys: a request that is sent again under its key, within a week, is carried out once.

A key belongs to its caller: another caller's equal key is another key. It stands for one request; under the digest of
another request it is refused. Rows of releases before 0.2 hold keys as they were sent, of submissions alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studies.errors import IdempotencyConflictError
from studies.storage import schema
from studies.storage.engine import now

STORED = "sha256:"
KEY_DAYS = 7  # a key is remembered so long
keys = schema.idempotency_keys


@dataclass(frozen=True, slots=True)
class Key:
    """A client's name for one request.

    Attributes:
        text: as sent.
        caller: who sent it.
    """

    text: str
    caller: str = ""

    @property
    def stored(self) -> str:
        """The key as it is stored: of fixed length, and different for each caller."""
        return STORED + hashlib.sha256(f"{self.caller}\0{self.text}".encode()).hexdigest()


def digest_of(action: str, study: int, body: str) -> str:
    """The digest of a request to do something with a study, given by its id, which is never given to another study."""
    return hashlib.sha256(f"{action}\0{study}\0{body}".encode()).hexdigest()


def is_used(connection: Connection, key: Key, digest: str) -> bool:
    """True if a request of this digest was carried out under the key.

    Raises:
        IdempotencyConflictError: another request was.
    """
    before = () if key.text.startswith(STORED) else (key.text,)  # as releases before 0.2 stored it
    known = (key.stored, *before)
    fresh = keys.c.created_at >= now(connection) - timedelta(days=KEY_DAYS)
    found = connection.execute(sa.select(keys.c.spec_hash, keys.c.study).where(keys.c.key.in_(known), fresh)).all()
    if found and all(row.spec_hash != digest for row in found):
        text = f"this Idempotency-Key was used for another request (study {found[0].study!r})"
        raise IdempotencyConflictError(f"{text}; take a new key for a new request")
    return bool(found)


def answer_of(connection: Connection, key: Key, digest: str) -> str | None:
    """The answer that was noted with a key when this request was carried out under it; None where it was not.

    Raises:
        IdempotencyConflictError: another request was.
    """
    if not is_used(connection, key, digest):
        return None
    found = connection.execute(sa.select(keys.c.answer).where(keys.c.key == key.stored)).scalar_one_or_none()
    return found or "[]"


def use(connection: Connection, key: Key, digest: str, *, study: str, at: datetime, answer: str | None = None) -> bool:
    """Note a key in the transaction of its request; False if the same request was carried out under it before.

    Args:
        connection: of the request's transaction.
        key: of the request.
        digest: of the request.
        study: whose it is.
        at: database's clock.
        answer: what a repetition is to be given again.

    Raises:
        IdempotencyConflictError: another request was.
        sqlalchemy.exc.IntegrityError: another transaction notes it at this moment; try again.
    """
    if is_used(connection, key, digest):
        return False
    connection.execute(sa.delete(keys).where(keys.c.created_at < at - timedelta(days=KEY_DAYS)))
    row = {"key": key.stored, "spec_hash": digest, "study": study, "created_at": at, "answer": answer}
    connection.execute(sa.insert(keys).values(**row))
    return True
