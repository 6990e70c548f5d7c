"""Verdicts of one study by a measure in two units, held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

AMOUNTS = {  # fields of a verdict in the measure's unit; the others have none
    *("sigma", "margin", "difference", "regret", "drop", "seed_deviation", "split_deviation"),
    *("loses_at_most", "loses_at_least"),
}
WORDS = {"sentence", "text", "terms"}


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Names on the way to each leaf of a document, and the leaf."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def assert_same(found: dict[str, Any], plain: dict[str, Any], factor: float, shift: float = 0.0) -> None:
    """Two verdicts alike but for the amounts, which the second has `factor` times as large."""
    for (path, stated), (other, expected) in zip(leaves(found), leaves(plain), strict=True):
        assert path == other
        if path[-1] in WORDS or isinstance(expected, str | bool | None):
            assert stated == expected or path[-1] in WORDS, path
        elif path[-1] == "mean":  # of the drawn map: a value, not a difference, of four decimals in responses
            assert stated == pytest.approx(factor * expected + shift, rel=1e-6, abs=1e-4 * factor), path
        else:
            times = factor if AMOUNTS & set(path) else 1.0
            assert stated == pytest.approx(times * expected, rel=1e-6, abs=1e-9 * times), path
