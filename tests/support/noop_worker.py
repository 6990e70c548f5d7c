"""The bare queue without the worker's loop: claim, pause, finish, in processes that import nothing else.

For benchmarks of the queue and for tests that need finished trials; faults are injected into `planted_loop`'s workers,
which run the product's loop. Results are computed from the trial's point and seeds alone, the same in both.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import random
import time
from multiprocessing.context import ForkServerProcess
from typing import Any

from leases import LEASE
from planning import planned_on
from waiting import exit_code

from studies.errors import StorageUnavailableError
from studies.language.phases import Phase
from studies.language.spec import StudySpec, parse
from studies.records import Replicate, RunResult, TrialPlan
from studies.storage import finishing, queue, studies
from studies.storage.engine import Database, open_database
from studies.storage.read_models import ClaimedTrial, FinishedTrial, WorkerStatus
from worker.lease import LeaseKeeper

_started: list[ForkServerProcess] = []
_CONTEXT = multiprocessing.get_context("forkserver")
STUDY: dict[str, Any] = {  # nothing follows its one phase, and its data take no time to read
    "losses": ["golden", "sse"],
    "contexts": [{"name": "digits", "dataset": "digits", "images": 300, "epochs": 2, "batch_size": 50}],
    "design": {"kind": "search", "sampler": "random", "trials": 8, "claim_replicates": 2},
    "replication": {"folds": 3},
}


def submit_points(db: Database, name: str = "points", *, points: int, runs: int = 1, **fields: Any) -> StudySpec:
    """A study of one phase with `points` points in each of two sweeps; further trials never come."""
    spec = parse({**STUDY, "name": name, **fields})
    chance = random.Random(points)
    plans = [
        TrialPlan(
            Phase.SEARCH,
            "point",
            number // 50,
            tuple(Replicate(split=number // 50, fold=0, order_seed=j, init_seed=number * 10 + j) for j in range(runs)),
            eta=10 ** chance.uniform(-3, -0.1),
            alpha=chance.uniform(0.0, 0.98),
        )
        for number in range(points)
    ]
    every = {sweep: plans for sweep, _, _ in studies.sweep_names(spec)}
    studies.create(db, spec, every, runs_expected=points * runs * len(every))
    return spec


def accuracy_of(eta: float, alpha: float, *, order_seed: int, init_seed: int) -> float:
    """Result of a training at this point with these seeds, made up."""
    text = f"{eta!r}/{alpha!r}/{order_seed}/{init_seed}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


def run_of(trial: ClaimedTrial, replicate: Replicate) -> RunResult:
    """The result of one run."""
    accuracy = accuracy_of(trial.eta, trial.alpha, order_seed=replicate.order_seed, init_seed=replicate.init_seed)
    return RunResult(
        n_test=1000,
        correct=int(1000 * accuracy),
        accuracy=accuracy,
        error=1.0 - accuracy,
        cross_entropy=2.3 * (1.0 - accuracy),
        own_loss=1.0 - accuracy,
        loss_area=0.5,
        epochs_to_target=None,
        diverged_at=None,
        divergence=None,
        steps=1,
        seconds=0.001,
        stack="none",
        accuracy_curve=(accuracy,),
        cross_entropy_curve=(1.0,),
        loss_curve=(1.0,),
    )


def finished(trials: tuple[ClaimedTrial, ...]) -> list[FinishedTrial]:
    """Results for all of them."""
    return [FinishedTrial(t, tuple(run_of(t, r) for r in t.replicates)) for t in trials]


def work(
    url: str,
    name: str,
    *,
    limit: int = 4,
    lease: float = 2.0,
    seconds: float = 0.05,
    idle: float = 1e9,
    only: tuple[str, ...] | None = None,
) -> None:
    """Claim, pause, finish; through outages, until nothing waited for `idle` seconds."""
    db = open_database(url)
    since = time.monotonic()
    while time.monotonic() - since < idle:
        with contextlib.suppress(StorageUnavailableError):
            if turn(db, name, limit=limit, lease=lease, seconds=seconds, only=only):
                since = time.monotonic()
                continue
        time.sleep(0.05)
    db.dispose()


def turn(
    db: Database, name: str, *, limit: int, lease: float, seconds: float, only: tuple[str, ...] | None = None
) -> int:
    """One claim; how many results were kept."""
    sent = time.monotonic()
    batch = queue.claim(db, worker=name, limit=limit, lease_seconds=lease, studies=only)
    if batch is None:
        return 0

    def beat(held: dict[int, int]) -> Any:
        return queue.heartbeat(db, name, held, lease_seconds=lease, status=WorkerStatus())

    with LeaseKeeper(beat, batch.trials, lease_seconds=lease, claimed_at=sent):
        time.sleep(seconds)
        return store(db, batch.trials)


def work_off(db: Database) -> None:
    """Turn after turn, on through all phases, to the end of all studies."""
    while planned_on(lambda: turn(db, "worker", limit=100, lease=LEASE, seconds=0.0), db):
        pass


def store(db: Database, trials: tuple[ClaimedTrial, ...]) -> int:
    """Finish, again and again while the database is away."""
    while True:
        try:
            return sum(finishing.finish(db, finished(trials)))
        except StorageUnavailableError:
            time.sleep(0.05)


def start(url: str, name: str, **options: Any) -> ForkServerProcess:
    """A worker process."""
    _CONTEXT.set_forkserver_preload(["studies.storage.migrate", "studies.storage.queue", "worker.lease"])
    process = _CONTEXT.Process(target=work, args=(url, name), kwargs=options, daemon=True)
    process.start()
    _started.append(process)
    return process


def kill_all() -> None:
    """Every worker started here that still lives."""
    while _started:
        process = _started.pop()
        if process.is_alive():
            process.kill()
        exit_code(process)
