"""Comparisons to JSON and back; what is not known is null."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from studies.comparison.model import ArmComparison

_COMPARISON = TypeAdapter(ArmComparison)


# Fields that came later: left out where they say nothing, so that reports from before recompute to the letter.
LATER = {"widths_first": False, "differs": "", "theory": False}


def to_json(comparison: ArmComparison) -> dict[str, Any]:
    """The comparison as JSON values: dictionaries, lists, strings and finite numbers."""
    stated = asdict(comparison, dict_factory=_stated)
    values: dict[str, Any] = json.loads(json.dumps(stated, allow_nan=False))
    return values


def _stated(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in fields if name not in LATER or value != LATER[name]}


def from_json(values: Mapping[str, Any]) -> ArmComparison:
    """The comparison that `to_json` wrote.

    Raises:
        ValueError: it is none.
    """
    return _COMPARISON.validate_python(dict(values))
