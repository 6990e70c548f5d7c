"""The scope that each request needs, by its method and path, so that no route can forget to ask."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from service.door.scopes import Scope
from service.door.site import SAFE_METHODS

CALLER, LOGOUT = "/api/v1/caller", "/logout"
PURE_POSTS = frozenset({"/api/v1/studies/preview", "/api/v1/verdicts"})  # they change nothing
DRAIN = re.compile(r"/api/v1/workers/[^/]+/drain")  # it stops a worker that all studies share
LEASES = re.compile(r"/api/v1/leases(?:/[^/]+)?")  # trials for trainers of the user's own
WORKERS_READS = re.compile(
    r"/api/v1/(?:schema|studies/[^/]+)"
)  # what a worker needs to see: documents and their schema


def needed(method: str, path: str) -> frozenset[Scope]:
    """The scopes of which a caller needs one; none where every caller may send the request."""
    if path == LOGOUT or (path == CALLER and method in SAFE_METHODS):  # about the caller alone
        return frozenset()
    if method in SAFE_METHODS or path in PURE_POSTS:
        seen_by_workers = method in SAFE_METHODS and WORKERS_READS.fullmatch(path)
        return frozenset({Scope.READ, Scope.WORK}) if seen_by_workers else frozenset({Scope.READ})
    if LEASES.fullmatch(path):
        return frozenset({Scope.WORK})
    return frozenset({Scope.ADMIN if DRAIN.fullmatch(path) else Scope.SUBMIT})


def refusal(held: AbstractSet[Scope], method: str, path: str) -> tuple[str, str] | None:
    """Code and sentence of the 403 for a caller without the scope that a request needs; None if it has one."""
    wanted = needed(method, path)
    if not wanted or wanted & held:
        return None
    if Scope.ADMIN in wanted:
        return "scope-needed", "this token may not stop workers, which all studies share; an admin may"
    if wanted == {Scope.WORK}:
        return "scope-needed", "this token may not train trials; use one with the scope work"
    if Scope.READ in held:
        return "read-only-token", "this token may only look; use the one that may submit"
    text = "this token is for workers: it may see studies' documents and train trials, and nothing else"
    return "scope-needed", text
