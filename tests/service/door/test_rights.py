"""The scope that each request needs."""

from __future__ import annotations

import pytest

from service.door.rights import refusal
from service.door.scopes import Scope, granted, in_order

STUDY = "/api/v1/studies/small"


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("GET", "/api/v1/caller", "read submit admin work"),
        ("POST", "/logout", "read submit admin work"),
        ("GET", "/api/v1/studies", "read submit admin"),
        ("GET", "/", "read submit admin"),
        ("GET", "/metrics", "read submit admin"),
        ("GET", "/api/v1/queue", "read submit admin"),
        ("GET", STUDY, "read submit admin work"),
        ("GET", "/api/v1/schema", "read submit admin work"),
        ("GET", f"{STUDY}/verdict", "read submit admin"),
        ("POST", "/api/v1/studies/preview", "read submit admin"),
        ("POST", "/api/v1/verdicts", "read submit admin"),
        ("POST", "/api/v1/studies", "submit admin"),
        ("DELETE", STUDY, "submit admin"),
        ("PATCH", STUDY, "submit admin"),
        ("BREW", STUDY, "submit admin"),
        ("POST", "/api/v1/caller", "submit admin"),
        ("POST", "/api/v1/workers/w/drain", "admin"),
        ("POST", "/api/v1/leases", "admin work"),
        ("POST", "/api/v1/leases/finish", "admin work"),
        ("GET", "/api/v1/leases", "read submit admin"),
        ("POST", "/api/v1/leases/a/b", "submit admin"),
    ],
)
def test_each_request_needs_a_scope(method: str, path: str, may: str) -> None:
    assert [s for s in Scope if refusal(granted([s]), method, path) is None] == [Scope(name) for name in may.split()]


def test_scopes_include_others() -> None:
    assert in_order(granted([Scope.ADMIN])) == ["read", "submit", "admin", "work"]
    assert in_order(granted([Scope.WORK, Scope.SUBMIT])) == ["read", "submit", "work"]
    assert granted([]) == frozenset()
