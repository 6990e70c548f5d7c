"""Studies whose map is over, one of them past the door with a box that cannot be planned further; and their rests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from leases import LEASE
from planted_worker import Planted

from studies.language.spec import StudySpec, restored
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import audit, finishing, queue, schema, studies
from studies.storage.engine import Database

NARROW = {"eta": {"low": 0.1, "high": 0.10000000000000002}, "alpha": {"low": 0.0, "high": 0.99}}
STUDY: dict[str, Any] = {
    "losses": ["golden"],
    "contexts": [{"name": "digits", "dataset": "digits", "epochs": 1}],
    "claim": {"eta": 0.1, "alpha": 0.9},
    "design": {
        "kind": "locate",
        "map_points": 16,
        "claim_replicates": 2,
        "zoom_points": 4,
        "confirm_blocks": 2,
        "mates": [],
        "folklore": False,
    },
    "replication": {"folds": 3},
}


def plant_unplannable(db: Database, name: str, *, narrow: bool = True, **changes: Any) -> StudySpec:
    """Store a study past the door, as release 0.1.0 let it in, and measure its map.

    Args:
        db: the database.
        name: the study's.
        narrow: its box is so narrow that no phase can follow the map; False: the same study in a sound box.
        changes: of the document.
    """
    space = {"search_space": NARROW} if narrow else {}
    spec = restored({"name": name, **STUDY, **space, **changes})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    worker = Planted((spec.claim.eta, 0.2), images=1000)
    while (batch := queue.claim(db, worker="planted", limit=100, lease_seconds=LEASE, studies=[name])) is not None:
        assert all(finishing.finish(db, [worker.finish(trial) for trial in batch.trials]))
    return spec


def pass_rests(db: Database, seconds: float = 3600.0) -> None:
    """Let time pass for the sweeps that rest after a failed try to plan them."""
    events = schema.events

    def move(connection: sa.Connection) -> None:
        for row in connection.execute(sa.select(events).where(events.c.action == audit.UNPLANNED)).all():
            earlier = row.at - timedelta(seconds=seconds)
            connection.execute(sa.update(events).where(events.c.id == row.id).values(at=earlier))

    db.write(move)
