"""Differences between two JSON documents, path by path; numbers may differ by rounding between machines."""

from __future__ import annotations

import math
from typing import Any

ROUNDING = 1e-6  # relative; other processors and libraries round elsewhere in the last digits
MOST = 20  # differences reported; more would not help


def differences(expected: Any, stated: Any, *, path: str) -> list[str]:
    """One line for each place where `stated` is not as `expected`, at most `MOST`."""
    return _walk(expected, stated, path)[:MOST]


def _walk(expected: Any, stated: Any, path: str) -> list[str]:
    if isinstance(expected, dict) and isinstance(stated, dict):
        names = [*expected, *(name for name in stated if name not in expected)]
        missing = object()
        return [
            line
            for name in names
            for line in _walk(expected.get(name, missing), stated.get(name, missing), f"{path}.{name}")
        ]
    if isinstance(expected, list) and isinstance(stated, list) and len(expected) == len(stated):
        pairs = zip(expected, stated, strict=True)
        return [line for i, (a, b) in enumerate(pairs) for line in _walk(a, b, f"{path}.{i}")]
    return [] if _same(expected, stated) else [f"{path}: stated {_shown(stated)}, recomputed {_shown(expected)}"]


def _same(a: Any, b: Any) -> bool:
    numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
    if numbers and not isinstance(a, bool) and not isinstance(b, bool):
        return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=1e-12)
    return type(a) is type(b) and bool(a == b)


def _shown(value: Any) -> str:
    if type(value) is object:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
