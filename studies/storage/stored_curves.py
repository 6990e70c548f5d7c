"""Curves as the database keeps them: JSON lists, one number or null an epoch."""

from __future__ import annotations

import json

Curve = tuple[float | None, ...]


def curve_of(text: str) -> Curve:
    """A curve from its stored text."""
    return tuple(json.loads(text))
