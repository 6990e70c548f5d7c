"""Studies to torment, processes to torment them with, and a ledger of what was injected and what came of it."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, BinaryIO

import forked_programs
import sqlalchemy as sa
from processes import BIN, Process, environment, free_port
from waiting import exit_code, join_all, wait_until

from service.client import Client
from service.client_errors import ClientError
from studies.errors import StorageUnavailableError
from studies.language.spec import StudySpec, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import FINAL_STATES
from studies.storage import overview, queue, schema, studies, workers
from studies.storage.engine import Database, open_database

SUPPORT = Path(__file__).parent
LOOK = 0.05  # seconds between looks at the database where times are measured
# What a promised bound is exceeded by at most: the test's looks, and processes that are due and wait for a busy core.
ALLOWANCE = 1.0  # seconds
REAL, PLANTED, NONE = "real", "planted", "none"  # which worker suffers: see the table's legend in docs/reliability.md

STUDY: dict[str, Any] = {  # at most 160 runs in three phases, a few seconds of training in all
    "name": "small",
    "losses": ["golden", "cross_entropy"],
    "contexts": [{"name": "digits", "dataset": "digits", "images": 300, "epochs": 2, "batch_size": 50}],
    "design": {
        "kind": "locate",
        "map_points": 32,
        "claim_replicates": 4,
        "zoom_points": 12,
        "widen": False,
        "confirm_blocks": 4,
        "mates": [0.0],
    },
    "replication": {"folds": 3},
    "limits": {"max_attempts": 20},
}


def answers(address: str) -> bool:
    """True where a service answers."""
    try:
        with Client(address) as client:
            client.version()
    except ClientError:
        return False
    return True


def submit(db: Database, **changes: Any) -> StudySpec:
    """Store the study with the given changes."""
    spec = parse({**STUDY, **changes})
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return spec


def runs_done(db: Database, name: str) -> int:
    """Counted so far; -1 while the database is away."""
    try:
        return overview.get(db, name).summary.runs_done
    except StorageUnavailableError:
        return -1


def finished(db: Database, name: str) -> str:
    """The study's final state, "" while it has none or cannot be asked."""
    try:
        state = overview.get(db, name).summary.state.value
    except StorageUnavailableError:
        return ""
    return state if state in FINAL_STATES else ""


def states(db: Database, name: str) -> dict[str, int]:
    """Number of trials by state."""
    detail = overview.get(db, name)
    phases = [phase for sweep in detail.sweeps for phase in sweep.phases]
    return {
        state: sum(getattr(p, state) for p in phases)
        for state in ("waiting", "running", "complete", "failed", "cancelled")
    }


@contextmanager
def reaper(url: str, *, every: float) -> Iterator[None]:
    """Does what the service does in the background: reaps."""
    over = Event()

    def reap() -> None:
        db = open_database(url)
        while not over.wait(every):
            try:
                queue.reap(db)
            except StorageUnavailableError:
                continue
        db.dispose()

    thread = Thread(target=reap, daemon=True)
    thread.start()
    yield
    over.set()
    join_all(thread)


class Fleet:
    """Real processes on one database; whatever still runs is killed at the end.

    Args:
        folder: for their logs, and the one in which they run.
        forked: their programs are loaded once for all of them.
    """

    def __init__(self, folder: Path, *, forked: bool = False) -> None:
        self._folder, self._forked = folder, forked
        self.started: list[Process] = []

    def worker(self, url: str, *arguments: str, fault: tuple[str, int] | None = None, **env: str) -> Any:
        """A `golden-worker`; `fault` is what its trainer suffers from, and at which trial."""
        options = ["--device", "cpu", "--poll-seconds", "0.2", *arguments]
        command = [str(BIN / "golden-worker")]
        if fault is not None:
            command = [sys.executable, str(SUPPORT / "faulty_worker.py"), *fault[0].split(), str(fault[1])]
            env["PYTHONPATH"] = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
        return self.start([*command, *options], url, **env)

    def service(self, url: str, **env: str) -> str:
        """A `golden serve`; its address once it answers (be it 503)."""
        port = free_port()
        self.start([str(BIN / "golden"), "serve", "--port", str(port)], url, **{"GOLDEN_TICK_SECONDS": "0.5", **env})
        return f"http://127.0.0.1:{port}"

    def start(self, command: list[str], url: str, **env: str) -> Process:
        """Any program, its output in a file of its own."""
        variables = environment(url, **env)
        with (self._folder / f"{len(self.started)}.log").open("wb") as log:
            process = self._started(command, variables, log)
        self.started.append(process)
        return process

    def _started(self, command: list[str], variables: dict[str, str], log: BinaryIO) -> Process:
        if self._forked and forked_programs.can_fork(command, variables):
            to = log.fileno()
            return forked_programs.start(command, env=variables, cwd=self._folder, stdout=to, stderr=to)
        return subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT, cwd=self._folder)

    def log(self, process: Process) -> str:
        """Output of a process."""
        return (self._folder / f"{self.started.index(process)}.log").read_text("utf-8", "replace")

    def ready(self, db: Database, count: int) -> None:
        """Wait until `count` workers have registered; one that gave up says why at once."""
        wait_until(lambda: self._registered(db) >= count, what=f"{count} workers")

    def _registered(self, db: Database) -> int:
        for process in self.started:
            assert (process.poll() or 0) <= 0, self.log(process)
        return len(workers.list_workers(db))

    def survivors(self) -> int:
        """Processes that still run."""
        return sum(process.poll() is None for process in self.started)

    def stop(self) -> list[int]:
        """SIGTERM to all that run; their exit codes."""
        running = [process for process in self.started if process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        return [exit_code(process) for process in running]

    def kill(self) -> None:
        """Whatever still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()


class Ledger:
    """Faults that were injected and their outcomes, a row of the published table each.

    Printed at once and, as a table, at the end; with GOLDEN_CHAOS_LEDGER appended to that file too.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def write(self, fault: str, what: str, *, n: int, worker: str = REAL, **figures: Any) -> None:
        """Note what was injected (`n` times) under which kind of worker, and what was counted."""
        self._keep({"fault": fault, "what": what, "worker": worker, "n": n, **figures})

    def skip(self, fault: str, reason: str) -> None:
        """Note what could not be injected here."""
        self._keep({"fault": fault, "not_run": reason})

    def table(self) -> list[str]:
        """The rows as the published table has them, those that were not run at the end."""
        done = [row for row in self.rows if "not_run" not in row]
        lines = ["| fault | what was done | worker | n | result |", "|---|---|---|---|---|"]
        for row in sorted(done, key=lambda row: int(row["fault"][1:])):
            named = {key: value for key, value in row.items() if key not in ("fault", "what", "worker", "n")}
            figures = ", ".join(f"{key} {value}" for key, value in named.items())
            lines.append(f"| {row['fault']} | {row['what']} | {row['worker']} | {row['n']} | {figures} |")
        return lines + [f"NOT RUN {row['fault']}: {row['not_run']}" for row in self.rows if "not_run" in row]

    def _keep(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        line = json.dumps(row)
        print(f"\n{line}")
        if path := os.environ.get("GOLDEN_CHAOS_LEDGER"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def seconds_until(condition: Callable[[], Any], *, at_most: float, what: str) -> float:
    """Seconds until a condition came true."""
    started = time.monotonic()
    wait_until(condition, seconds=at_most, what=what)
    return time.monotonic() - started


def held(db: Database, *names: str) -> int:
    """Number of running trials that these workers hold."""
    return len(held_ids(db, *names))


def held_ids(db: Database, *names: str) -> set[int]:
    """Trials that are running in the hands of these workers."""
    t = schema.trials.c
    with db.read() as connection:
        return set(connection.execute(sa.select(t.id).where(t.state == "running", t.worker.in_(names))).scalars())


def holders(db: Database) -> set[str]:
    """Names of the workers that hold a trial."""
    t = schema.trials.c
    with db.read() as connection:
        return set(connection.execute(sa.select(t.worker).where(t.state == "running")).scalars())


def freed(db: Database, workers: Mapping[str, Any], moments: Mapping[str, float], *, at_most: float) -> list[float]:
    """Kills each worker at its own moment, in seconds from now; how long after its death it still held something."""
    began = time.monotonic()
    killed: dict[str, float] = {}
    took: dict[str, float] = {}
    while len(took) < len(workers):
        for name in workers.keys() - killed.keys():
            if time.monotonic() - began >= moments[name]:
                workers[name].kill()
                killed[name] = time.monotonic()
        holding = holders(db)
        for name in killed.keys() - took.keys() - holding:
            took[name] = time.monotonic() - killed[name]
        assert time.monotonic() - began < at_most, f"{holding} still hold something"
        time.sleep(LOOK)
    return list(took.values())


def attempts_beyond_first(db: Database, name: str) -> int:
    """Claims of a study's trials that were not the first: work done twice at most."""
    t, s = schema.trials.c, schema.studies.c
    with db.read() as connection:
        again = sa.select(sa.func.coalesce(sa.func.sum(t.token - 1), 0)).join_from(schema.trials, schema.studies)
        return int(connection.execute(again.where(s.name == name, t.token > 1)).scalar_one())


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Median and largest, for the ledger."""
    return {"p50_s": round(statistics.median(seconds), 2), "max_s": round(max(seconds), 2)}
