"""A small locate study on a planted landscape: from the map to the verdict in seconds."""

from __future__ import annotations

from typing import Any

from planted_worker import Planted

from studies.language.spec import StudySpec, parse

LOCATE: dict[str, Any] = {
    "name": "tiny",
    "losses": ["golden", "sse"],
    "contexts": [{"name": "digits", "dataset": "digits", "epochs": 2}],
    "design": {
        "kind": "locate",
        "map_points": 40,
        "claim_replicates": 8,
        "zoom_points": 24,
        "confirm_blocks": 6,
        "mates": [0.0, 0.97],
    },
    "replication": {"folds": 3},
}


def make(**changes: Any) -> StudySpec:
    return parse({**LOCATE, **changes})


def planted(peak: tuple[float, float]) -> Planted:
    """A worker whose optimum lies at `peak`, scored on 1,000 test images."""
    return Planted(peak, images=1000)
