"""What the service holds before it is asked: studies in every state, a worker, a webhook and the callers' tokens."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from leases import LEASE
from planning import planned_on
from planted_worker import Planted
from site_studies import DESIGN, DIGITS

from service.door import tokens_file
from service.door.scopes import Scope
from studies.errors import DuplicateStudyError, StudyNotFoundError
from studies.language.spec import restored
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import finishing, overview, queue, release, studies, workers
from studies.storage.engine import Database

CALLERS = {"ada": Scope.ADMIN, "sue": Scope.SUBMIT, "rea": Scope.READ}
WORKER = "host-4711-cpu"
UNSAFE = "a\x1b[31mb\u202ec\x9b2Jd"  # such titles were let in before they were refused
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STUDY: dict[str, Any] = {"losses": ["golden"], "contexts": [DIGITS], "replication": {"folds": 3}, "design": DESIGN}
SEARCH = {"kind": "search", "sampler": "random", "trials": 8, "claim_replicates": 2}
TWO = [{**DIGITS, "name": f"batch-{size}", "batch_size": size} for size in (32, 128)]
# name: (who submitted it, what differs, how many trials are finished)
STUDIES: dict[str, tuple[str, dict[str, Any], int]] = {
    "quickstart": ("ada", {"losses": ["golden", "sse"]}, 10_000),
    "two-contexts": ("sue", {"contexts": TWO}, 10_000),
    "searched": ("sue", {"design": SEARCH}, 10_000),
    "running": ("sue", {}, 9),
    "planned": ("ada", {}, 0),
    "unsafe": ("sue", {"title": UNSAFE, "description": UNSAFE}, 10_000),
}


def tokens(path: Path) -> dict[str, str]:
    """Write a tokens file with the callers; their tokens by name."""
    return {name: tokens_file.add(path, name, frozenset({scope})) for name, scope in CALLERS.items()}


def webhook(path: Path, url: str) -> None:
    """Write a file with one webhook."""
    path.write_text(f'[[webhooks]]\nname = "lab"\nurl = "{url}"\nsecret = "{SECRET}"\n', "utf-8")
    path.chmod(0o600)


def plant(db: Database) -> list[str]:
    """Put the studies back that are missing, and the worker; the studies' names."""
    workers.register(db, name=WORKER, host="host", pid=4711, device="cpu", version=release.VERSION)
    return [name for name in STUDIES if not _is_there(db, name) and _grow(db, name)]


def _is_there(db: Database, name: str) -> bool:
    try:
        overview.get(db, name)
    except StudyNotFoundError:
        return False
    return True


def _grow(db: Database, name: str) -> bool:
    """Store a study as an earlier release would have, and finish its first trials; False if somebody was faster."""
    by, changes, trials = STUDIES[name]
    spec = restored({"name": name, **STUDY, **changes})
    try:
        studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec), submitted_by=by)
    except DuplicateStudyError:
        return False
    worker = Planted((spec.claim.eta, spec.claim.alpha), images=1000)
    while trials > 0:
        most = min(trials, 100)
        claim = partial(queue.claim, db, worker=WORKER, limit=most, lease_seconds=LEASE, studies=[name])
        batch = planned_on(claim, db)
        if batch is None:
            break
        finishing.finish(db, [worker.finish(trial) for trial in batch.trials])
        trials -= len(batch.trials)
    return True
