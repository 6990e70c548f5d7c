"""Cursors stand for the last row given out, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import SpecError
from studies.storage import paging


@pytest.mark.parametrize("key", [[7], [0.25, 3, 11], ["name", 1], []])
def test_a_cursor_gives_its_key_back(key: list[Any]) -> None:
    cursor = paging.encode(key)
    assert paging.decode(cursor, *(type(part) for part in key)) == key
    assert cursor.isascii()
    assert not set(cursor) & set("=+/&? ")


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        ([1], (int, int)),
        ([True], (int,)),
        ([1.5], (int,)),
        ([2**63], (int,)),
        ([None], (int,)),
        ([float("nan")], ((int, float),)),
        ([float("-inf")], ((int, float),)),
        ([10**400], ((int, float),)),
    ],
)
def test_keys_of_another_list_are_refused(key: list[Any], kinds: tuple[type, ...]) -> None:
    with pytest.raises(SpecError, match="not one that this list gave out"):
        paging.decode(paging.encode(key), *kinds)


def test_page_sizes() -> None:
    assert [paging.check_limit(limit) for limit in (1, paging.MAX_PAGE)] == [1, paging.MAX_PAGE]
    for limit in (0, -1, paging.MAX_PAGE + 1):
        with pytest.raises(SpecError, match="must lie between 1 and 1000"):
            paging.check_limit(limit)
