"""Studies, plans and results to store, and workers that run as processes."""

from __future__ import annotations

import math
import multiprocessing
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event as EventType
from typing import Any

import sqlalchemy as sa
from leases import LEASE

from studies.language.phases import Phase
from studies.language.spec import StudySpec, parse
from studies.records import Replicate, RunResult, TrialPlan
from studies.storage import finishing, phases, queue, schema, studies
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate, require_current
from studies.storage.read_models import Batch, ClaimedTrial, FinishedTrial

VICTIM_LEASE = 8.0  # seconds; on a busy machine the others take that long to claim what is left
Plans = dict[str, list[TrialPlan]]


def make_spec(name: str = "first", **fields: Any) -> StudySpec:
    return parse({"name": name, "losses": ["golden", "sse"], **fields})


def make_plans(spec: StudySpec, *, points: int = 8, block: int = 0, runs: int = 1, phase: Phase = Phase.MAP) -> Plans:
    """The same points in every sweep, one block."""
    chance = random.Random(block)
    replicates = tuple(Replicate(split=block, fold=j, order_seed=j, init_seed=100 + j) for j in range(runs))
    plans = [
        TrialPlan(
            phase, "point", block, replicates, eta=10 ** chance.uniform(-3, -0.1), alpha=chance.uniform(0.0, 0.98)
        )
        for _ in range(points)
    ]
    return {sweep: plans for sweep, _, _ in studies.sweep_names(spec)}


def make_run(trial: ClaimedTrial, *, epochs: int = 3, diverged: bool = False) -> RunResult:
    """A result that can be computed again from the trial: what was stored must equal it."""
    accuracy = 0.1 if diverged else round(1.0 / (1.0 + abs(trial.eta - 0.016) + abs(trial.alpha - 0.87)), 6)
    ascent = tuple(accuracy * (i + 1) / epochs for i in range(epochs))
    return RunResult(
        n_test=1000,
        correct=int(1000 * accuracy),
        accuracy=accuracy,
        error=1.0 - accuracy,
        cross_entropy=2.3 * (1.0 - accuracy),
        own_loss=1.0 - accuracy,
        loss_area=0.5,
        epochs_to_target=None if accuracy < 0.9 else 2,
        diverged_at=17 if diverged else None,
        divergence="non-finite" if diverged else None,
        steps=210,
        seconds=0.01,
        stack="stack-1",
        accuracy_curve=ascent,
        cross_entropy_curve=(2.3, None, None) if diverged else tuple(2.3 - a for a in ascent),
        loss_curve=(1.0, None, None) if diverged else tuple(1.0 - a for a in ascent),
    )


def results_of(trials: Sequence[ClaimedTrial], **fields: Any) -> list[FinishedTrial]:
    return [FinishedTrial(t, tuple(make_run(t, **fields) for _ in t.replicates)) for t in trials]


def claim_some(database: Database, limit: int = 100, *, worker: str = "w", lease: float = LEASE) -> Batch:
    batch = queue.claim(database, worker=worker, limit=limit, lease_seconds=lease)
    assert batch is not None
    return batch


def drain(database: Database, limit: int = 100, *, worker: str = "w", lease: float = LEASE) -> int:
    """Claim and finish until nothing waits; how many results were kept."""
    count = 0
    while (batch := queue.claim(database, worker=worker, limit=limit, lease_seconds=lease)) is not None:
        count += sum(finishing.finish(database, results_of(batch.trials)))
    return count


def submit(database: Database, name: str = "first", *, points: int = 8, runs: int = 1, **fields: Any) -> StudySpec:
    """Store a small study and return its document."""
    spec = make_spec(name, **fields)
    plans = make_plans(spec, points=points, runs=runs)
    studies.create(database, spec, plans, runs_expected=sum(len(p) * runs for p in plans.values()))
    return spec


def complete(database: Database) -> StudySpec:
    """A study of two sweeps whose only phase is over and whose sweeps are closed."""
    spec = submit(database, points=1)
    drain(database)
    for key in phases.due(database):
        assert phases.close(database, key.sweep_id)
    return spec


def work(url: str, limit: int, name: str, lease: float = LEASE) -> None:
    """A worker process: claim and finish until nothing waits."""
    database = open_database(url)
    drain(database, limit, worker=name, lease=lease)
    database.dispose()


def start(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """Run a function of this module in a process of its own, which shares no connection with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["studies.storage.migrate", "studies.storage.queue"]
    )  # imported once, for all of them
    process = context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def first_start(url: str) -> None:
    """A program's start: migrate, then check."""
    database = open_database(url)
    migrate(database)
    require_current(database)
    database.dispose()


def claim_and_hang(url: str, claimed: EventType) -> None:
    """A worker that will be killed between its claim and its result."""
    database = open_database(url)
    claim_some(database, 2, worker="victim", lease=LEASE)
    claimed.set()
    signal.pause()


SLOW = {"loss_curve": (2.94, 2.93, 2.92), "cross_entropy_curve": (2.36, 2.35, 2.34), "loss_area": 1.001}
HOT = {"loss_curve": (9.0, 2.4, 2.4), "cross_entropy_curve": (77.0, 2.4, 2.4), "loss_area": 1.9}
UNKNOWN: dict[str, Any] = {"loss_curve": (), "cross_entropy_curve": (), "loss_area": 1.0}


def store_failures(database: Database) -> list[str]:
    """A study of which one sweep has four failed runs, at a small rate; returns their causes."""
    submit(database, points=4)
    trials = [trial for trial in claim_some(database).trials if trial.loss == "sse"]
    with database.engine.begin() as connection:
        connection.execute(sa.update(schema.trials).values(eta=1e-4))
    ended = [ended_at_chance(trial, curves) for trial, curves in zip(trials, [SLOW, HOT, None, UNKNOWN], strict=True)]
    assert finishing.finish(database, ended) == [True] * 4
    return ["untrained", "diverged", "diverged", "chance"]


def ended_at_chance(trial: ClaimedTrial, curves: dict[str, Any] | None) -> FinishedTrial:
    """A trial whose run ended at chance with these curves; None: it became non-finite."""
    run = make_run(trial, diverged=True)
    if curves is not None:
        run = replace(run, divergence="chance", own_loss=2.93, cross_entropy=math.log(10.0), **curves)
    return FinishedTrial(trial, (run,))
