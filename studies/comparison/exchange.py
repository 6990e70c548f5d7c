"""Comparisons to JSON and back; what is not known is null."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from studies.comparison.model import ArmComparison

_COMPARISON = TypeAdapter(ArmComparison)


def to_json(comparison: ArmComparison) -> dict[str, Any]:
    """The comparison as JSON values: dictionaries, lists, strings and finite numbers."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(comparison), allow_nan=False))
    return values


def from_json(values: Mapping[str, Any]) -> ArmComparison:
    """The comparison that `to_json` wrote.

    Raises:
        ValueError: it is none.
    """
    return _COMPARISON.validate_python(dict(values))
