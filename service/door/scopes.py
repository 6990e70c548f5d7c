"""Scopes: the rights that a token carries."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """One right of a caller."""

    READ = "read"  # look, and preview
    SUBMIT = "submit"  # also submit studies, steer them, and end those of one's own
    ADMIN = "admin"  # everything
    WORK = "work"  # a worker's part over HTTP, the leases of external trials, and nothing else


_INCLUDED: dict[Scope, frozenset[Scope]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.SUBMIT: frozenset({Scope.READ, Scope.SUBMIT}),
    Scope.ADMIN: frozenset(Scope),
    Scope.WORK: frozenset({Scope.WORK}),
}


def granted(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """All rights that some scopes give: `admin` includes every other one, `submit` includes `read`."""
    return frozenset[Scope]().union(*(_INCLUDED[scope] for scope in scopes))


def in_order(scopes: Iterable[Scope]) -> list[str]:
    """The names of scopes in the order in which they are listed: read, submit, admin, work."""
    held = set(scopes)
    return [scope.value for scope in Scope if scope in held]
