"""The command that leads from runs that can only point to a decision: `golden next`, with the user's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studies.foreign.asked import Asked
from studies.foreign.choosing import Chosen
from studies.foreign.measures import Scoring
from studies.foreign.rows import Measurement


def next_step(
    found: Chosen, rows: Sequence[Measurement], scoring: Scoring, options: Mapping[str, Any], asked: Asked
) -> str:
    """A sentence with the command; "" beside a document or a phase, and where no claim is named.

    Args:
        found: columns of the table.
        rows: those that count; the space is the range of their points.
        scoring: of the values, which knows their direction.
        options: the other fields of the table.
        asked: the claim's names.
    """
    point = _point(options, asked)
    if point is None or not rows or "document" in options or "phase" in found.fields.sources:
        return ""
    columns = zip(point, ("eta", "alpha"), strict=True)
    ranges = [(name, [value, *(getattr(row, field) for row in rows)]) for (name, value), field in columns]
    claim = ",".join(f"{name}={value:g}" for name, value in point)
    space = ",".join(f"{name}={min(values):g}..{max(values):g}" for name, values in ranges)
    cases = asked.measure.cases if asked.measure is not None else None
    kind = f":share:{cases or options.get('images', 10_000)}" if scoring.kind == "share" else ""
    measure = f"{found.value.written}:{'maximize' if scoring.maximised else 'minimize'}{kind}"
    return (
        "Runs of unknown origin can only point. For a decision have fresh ones planned, into a file that is not there "
        f"yet: golden next done.csv --claim {claim} --space {space} --measure {measure}"
    )


def _point(options: Mapping[str, Any], asked: Asked) -> list[tuple[str, float]] | None:
    """The claimed values by the user's names."""
    if asked.own is not None and asked.own.point is not None:
        return list(zip(asked.own.point.names, asked.own.point.point, strict=True))
    claim = options.get("claim")
    if asked.names is None or not isinstance(claim, Mapping):
        return None
    return list(zip(asked.names, (claim["eta"], claim["alpha"]), strict=True))
