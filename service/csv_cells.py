"""Values as cells of CSV that no spreadsheet runs."""

from __future__ import annotations

import json
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so


def cell(value: Any) -> Any:
    """A value as a cell of CSV: lists as JSON, a text that a spreadsheet would run behind a '."""
    if isinstance(value, list | tuple):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
