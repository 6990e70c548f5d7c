"""Differences between JSON documents: each named by its path, rounding left out."""

from __future__ import annotations

from typing import Any

import pytest

from studies.report.differences import MOST, ROUNDING, differences


@pytest.mark.parametrize(
    ("expected", "stated"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (1.0, 1.0 + ROUNDING / 2),
        (2, 2.0),
        (0.0, 1e-13),
    ],
)
def test_equal_documents_have_none(expected: Any, stated: Any) -> None:
    assert differences(expected, stated, path="x") == []


@pytest.mark.parametrize(
    ("expected", "stated", "line"),
    [
        ({"a": [1, 2]}, {"a": [1, 3]}, "x.a.1: stated 3, recomputed 2"),
        ({"a": 1}, {}, "x.a: stated nothing, recomputed 1"),
        ({}, {"a": 1}, "x.a: stated 1, recomputed nothing"),
        ([1], [1, 2], "x: stated [1, 2], recomputed [1]"),
        (1.0, 1.0 + 3 * ROUNDING, f"x: stated {1.0 + 3 * ROUNDING!r}, recomputed 1.0"),
        (True, 1, "x: stated 1, recomputed True"),
        ("1", 1, "x: stated 1, recomputed '1'"),
        (None, False, "x: stated False, recomputed None"),
    ],
)
def test_a_difference_is_named_by_its_path_and_both_values(expected: Any, stated: Any, line: str) -> None:
    assert differences(expected, stated, path="x") == [line]


def test_long_values_are_cut_and_long_lists_of_differences_too() -> None:
    (line,) = differences("a" * 200, "b", path="x")
    assert line.endswith("...")
    assert len(line) < 120
    assert len(differences(list(range(100)), [-1] * 100, path="x")) == MOST
