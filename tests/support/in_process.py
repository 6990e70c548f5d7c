"""Workers inside the test's own process, and a small study for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from leases import LEASE

from studies.language.spec import StudySpec, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import studies
from studies.storage.engine import Database
from worker.admission import Admission
from worker.datasets import DatasetCache
from worker.runner import Runner
from worker.status import Status
from worker.training.data import check_dataset

SMALL: dict[str, Any] = {
    "name": "small",
    "losses": ["golden", "cross_entropy"],
    "contexts": [{"name": "digits", "dataset": "digits", "images": 300, "epochs": 1, "batch_size": 50}],
    "design": {
        "kind": "locate",
        "map_points": 16,
        "claim_replicates": 2,
        "zoom_points": 4,
        "widen": False,  # the budget is counted
        "confirm_blocks": 2,
        "mates": [0.0],
    },
    "replication": {"folds": 3},
}


def submit(db: Database, **changes: Any) -> StudySpec:
    """Store the study with some of its fields changed."""
    spec = parse({**SMALL, **changes})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return spec


def make_runner(db: Database, data_dir: Path, *, stack_limit: int = 0, name: str = "tester") -> Runner:
    """A registered worker on the CPU."""
    device = torch.device("cpu")
    status = Status(db=db, name=name, device="cpu", torch_device=device, lease_seconds=LEASE)
    status.register()
    return Runner(
        db=db,
        status=status,
        admission=Admission(db, data_dir, find=check_dataset),
        data=DatasetCache(data_dir, device),
        device=device,
        lease_seconds=LEASE,
        poll_seconds=0.05,
        stack_limit=stack_limit,
    )
