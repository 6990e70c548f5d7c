"""Opaque cursors of keyset-paged lists: the sort key of the last row given out, stable under writes."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any

from studies.errors import Problem, SpecError

MAX_PAGE = 1000  # rows


def encode(key: list[Any]) -> str:
    """A cursor that stands for this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type | tuple[type, ...]) -> list[Any]:
    """The sort key that a cursor stands for, checked against the kinds of its members.

    Raises:
        SpecError: the cursor was not given out for this list.
    """
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != len(kinds) or not all(map(_fits, key, kinds)):
        raise SpecError([Problem("cursor", "is not one that this list gave out; ask again without it")])
    return key


def check_limit(limit: int) -> int:
    """The page size, if it is one.

    Raises:
        SpecError: it lies outside 1 to MAX_PAGE.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise SpecError([Problem("limit", f"must lie between 1 and {MAX_PAGE}, got {limit}")])
    return limit


def _fits(member: Any, kinds: type | tuple[type, ...]) -> bool:
    if isinstance(member, bool) or (isinstance(member, int) and abs(member) >= 2**63):
        return False
    if isinstance(member, float) and not math.isfinite(member):
        return False  # no row has such a key, so that no list gave it out
    return isinstance(member, kinds)
