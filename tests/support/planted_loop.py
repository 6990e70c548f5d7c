"""`golden-worker` in a process of its own with everything of the product but the arithmetic of training.

What trains is planted: the stack's training pauses and yields what `noop_worker.accuracy_of` says, and the worker's
calibration of its speed takes no time. Command line, registration, admission, data, claiming ahead, leases, watchdog,
storing and moving on are the product's own. A fork server has it all imported, so that a worker is there in a fraction
of a second, which allows hundreds of kills in minutes.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from noop_worker import accuracy_of
from waiting import exit_code, wait_until

from studies import late_scipy
from studies.storage import schema
from studies.storage.engine import Database
from studies.storage.workers import list_workers
from worker import claiming, main, runner, speedometer
from worker.training.lanes import Drop, Fold, Lane, LaneResult, OnEpoch, Outcome, Progress, Setup, StackStopped

PRELOADED = [
    "worker.main",
    "worker.process",
    "worker.training.data_generated",
    *late_scipy.MODULES,
    "psycopg",
    "pytest",
]
_CONTEXT = multiprocessing.get_context("forkserver")
_started: dict[str, ForkServerProcess] = {}  # by the file of its log


def start(
    url: str,
    name: str,
    *,
    limit: int = 4,
    lease: float = 2.0,
    seconds: float = 0.05,
    idle: float | None = None,
    dies_holding: bool = False,
) -> ForkServerProcess:
    """A worker process.

    Args:
        limit: lanes of its stacks, and trials it claims at a time.
        lease: in seconds.
        seconds: that a stack "trains".
        idle: seconds without work after which it ends; None: never.
        dies_holding: kills itself after its first claim and before its first heartbeat.
    """
    options = ["--database", url, "--name", name, "--device", "cpu", "--threads", "1", "--poll-seconds", "0.1"]
    options += ["--max-lanes", str(limit), "--lease-seconds", str(lease)]
    options += [] if idle is None else ["--exit-when-idle", str(idle)]
    file, log = tempfile.mkstemp(prefix="golden-planted-", suffix=".log")
    os.close(file)
    _CONTEXT.set_forkserver_preload(PRELOADED)
    process = _CONTEXT.Process(target=_work, args=(options, log, seconds, dies_holding), name=name, daemon=True)
    process.start()
    _started[log] = process
    return process


def start_all(db: Database, url: str, names: Sequence[str], **options: Any) -> list[ForkServerProcess]:
    """Workers that have all registered: submit the study afterwards, and they begin together."""
    started = [start(url, name, **options) for name in names]
    wait_until(lambda: len(list_workers(db)) >= len(names), seconds=300, what=f"{len(names)} workers")
    return started


def dead(workers: Sequence[ForkServerProcess]) -> list[str]:
    """Those of the workers that have ended, each with the end of its log."""
    logs = {process: log for log, process in _started.items()}
    return [f"{w.name}: {w.exitcode}\n{Path(logs[w]).read_text()[-2000:]}" for w in workers if not w.is_alive()]


def end(workers: Sequence[ForkServerProcess]) -> None:
    """Kill them."""
    for process in workers:
        process.kill()
    for process in workers:
        exit_code(process)


def kill_all() -> None:
    """Every worker started here that still lives."""
    end(list(_started.values()))
    for log in _started:
        Path(log).unlink(missing_ok=True)
    _started.clear()


def check_results(db: Database, study: str) -> None:
    """Every stored run is what its own point and seeds yield: no result stands under another trial's name."""
    t, r = schema.trials, schema.runs
    columns = [t.c.eta, t.c.alpha, r.c.order_seed, r.c.init_seed, r.c.accuracy]
    ours = sa.select(*columns).join_from(r, t).join(schema.studies, schema.studies.c.id == t.c.study_id)
    with db.read() as connection:
        rows = connection.execute(ours.where(schema.studies.c.name == study)).all()
    assert rows
    for eta, alpha, order_seed, init_seed, accuracy in rows:
        assert accuracy == accuracy_of(eta, alpha, order_seed=order_seed, init_seed=init_seed)


def _work(options: list[str], log: str, seconds: float, dies_holding: bool) -> None:
    gc.freeze()  # what was imported before the fork stays shared: dozens of these run at a time
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    runner.train_lanes = partial(_train, seconds)  # type: ignore[assignment]
    speedometer.measure_costs = _costs  # type: ignore[assignment]
    if dies_holding:
        claiming.Claims._lease = _die  # type: ignore[assignment,method-assign]
    sys.exit(main.main(options))


def _train(
    seconds: float, lanes: Sequence[Lane], setup: Setup, fold: Fold, *, on_epoch: OnEpoch | None = None
) -> Outcome:
    """In place of `train_lanes` of the engine: pauses for `seconds`, with the same calls at the ends of epochs."""
    dropped: set[int] = set()
    for epoch in range(1, setup.epochs + 1):
        time.sleep(seconds / setup.epochs)
        progress = Progress(epoch=epoch, epochs=setup.epochs, alive=len(lanes) - len(dropped), lanes=len(lanes))
        answer = on_epoch is None or on_epoch(progress)
        if answer is False:
            raise StackStopped(f"stopped after epoch {epoch} of {setup.epochs}")
        if isinstance(answer, Drop):
            dropped |= answer.lanes
    kept = [None if n in dropped else _result(lane, setup, len(fold.test_labels)) for n, lane in enumerate(lanes)]
    return Outcome(kept, len(lanes))


def _result(lane: Lane, setup: Setup, n_test: int) -> LaneResult:
    accuracy = accuracy_of(lane.eta, lane.alpha, order_seed=setup.order_seed, init_seed=lane.init_seed)
    curve = np.full(setup.epochs, accuracy, dtype=np.float32)
    return LaneResult(
        n_test=n_test,
        correct=int(n_test * accuracy),
        accuracy=accuracy,
        error=1.0 - accuracy,
        cross_entropy=2.3 * (1.0 - accuracy),
        own_loss=1.0 - accuracy,
        loss_area=0.5,
        epochs_to_target=None,
        diverged_at=None,
        divergence=None,
        steps=setup.epochs,
        accuracy_curve=curve,
        cross_entropy_curve=1.0 - curve,
        loss_curve=1.0 - curve,
    )


def _costs(*_: Any, **__: Any) -> tuple[float, float, float, float]:
    """In place of `worker.training.estimate.measure_costs`."""
    return (1e-6, 1e-6, 1e-6, 1e-6)


def _die(*_: Any) -> None:
    """In place of `Claims._lease`, which starts the keeper of the lease: the claim is made, nothing else."""
    os.kill(os.getpid(), signal.SIGKILL)
