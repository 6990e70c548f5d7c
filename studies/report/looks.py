"""The looks of a sequential confirmation as a report states them, and their recomputation from its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from studies.language.spec import StudySpec
from studies.plan.rounds import looks_taken
from studies.report.differences import differences
from studies.verdict.interim import Look
from studies.verdict.model import Evidence

ROUNDING = 1e-3  # of ln(p / level): nearer to its level, a p-value may lie on its other side on another machine


def stated_looks(spec: StudySpec, evidence: Evidence) -> list[dict[str, Any]]:
    """Every look at a sweep's confirmation, as JSON values: blocks, p-values with their levels, arms, how it ended."""
    return [_plain(look) for look in looks_taken(spec, evidence)]


def look_differences(spec: StudySpec, report: Mapping[str, Any], rows: Sequence[Evidence]) -> list[str]:
    """One line for each statement about a look that the rows contradict.

    A p-value that lies within `ROUNDING` of its level is named with the look: there, another machine may decide
    otherwise.

    Args:
        spec: the study.
        report: whose sweeps state their looks, where the confirmation is sequential.
        rows: evidence of every sweep, in the report's order.
    """
    found = []
    for sweep, row in zip(report["sweeps"], rows, strict=True):
        path = f"sweeps.{sweep['name']}.looks"
        due = None if row.schedule is None else stated_looks(spec, row)
        lines = differences(due, sweep.get("looks"), path=path)
        near = [look["blocks"] for look in due or () if look["distance"] is not None and look["distance"] < ROUNDING]
        if lines and near:
            lines.append(f"{path}: after {near[0]} blocks a p-value lies at its level, up to rounding")
        found += lines
    return found


def _plain(look: Look) -> dict[str, Any]:
    record = asdict(look) | {"outcome": look.outcome.value, "distance": look.distance}
    return {name: _finite(value) for name, value in record.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
