"""A soak (F41): the same study again and again under random faults, and whether anything grows meanwhile.

    GOLDEN_SOAK_MINUTES   how long (1; `make soak` takes 10, a night is 600)
    GOLDEN_SOAK_SEED      of the faults (1)

Slopes are of the processes that live all the time: the service and one worker. The other worker takes the blows.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import psutil
import pytest
import sqlalchemy as sa
from chaos import Fleet, Ledger, finished, runs_done, submit
from invariants import check_at_rest, evidence_bytes
from postgres_server import PostgresServer, postgres_server
from waiting import wait_until

from studies.errors import StorageUnavailableError, StudyNotFoundError
from studies.storage import studies
from studies.storage.engine import Database

MINUTES = float(os.environ.get("GOLDEN_SOAK_MINUTES", "1"))
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(int(60 * MINUTES) + 600)]
SAMPLE_SECONDS = 5.0
FAULT_SECONDS = (5.0, 20.0)
WARM_UP = 0.25  # share of the time after which samples count
OPTIONS = ("--max-lanes", "8", "--lease-seconds", "5")
READS = ("", "/small", "/small/trials", "/small/runs?limit=20", "/small/verdict", "/small/figures/landscape")


@dataclass
class Samples:
    """Measurements, a row every few seconds."""

    seconds: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, seconds: float, row: dict[str, float]) -> None:
        """One row."""
        self.seconds.append(seconds)
        for name, value in row.items():
            self.values.setdefault(name, []).append(value)

    def settled(self, name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Times and values after the warm-up."""
        times, values = np.array(self.seconds), np.array(self.values[name])
        kept = times >= WARM_UP * times[-1]
        return times[kept], values[kept]

    def slope(self, name: str) -> float:
        """Least-squares slope an hour."""
        return float(np.polyfit(*self.settled(name), 1)[0] * 3600)

    def growth(self, name: str) -> float:
        """Median of the last third less that of the first, after the warm-up."""
        third = np.array_split(self.settled(name)[1], 3)
        return float(np.median(third[2]) - np.median(third[0]))


@dataclass
class Soak:
    """The system, what is done to it and what it is asked."""

    server: PostgresServer
    db: Database
    url: str
    fleet: Fleet
    client: httpx.Client
    expected: bytes
    chance: random.Random
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    completed: int = 0
    victim: Any = None

    def strike(self) -> None:
        """One fault, chosen at random."""
        kinds: dict[str, Callable[[], Any]] = {
            "worker killed": self._kill,
            "worker frozen": self._freeze,
            "sessions cut": lambda: self.server.terminate_sessions(self.url.rpartition("/")[2]),
            "fast restart": lambda: self.server.restart("fast"),
            "crash": lambda: self.server.restart("immediate"),
        }
        kind = self.chance.choice(sorted(kinds))
        kinds[kind]()
        self.faults[kind] += 1

    def ask(self) -> None:
        """The requests of an open dashboard."""
        for read in READS:
            try:
                self.statuses[self.client.get("/api/v1/studies" + read).status_code] += 1
            except httpx.TransportError:
                self.statuses[0] += 1

    def turn_over(self) -> None:
        """Check a study that is through, and begin it again; what a fault prevents is made up for next time."""
        try:
            if finished(self.db, "small"):
                check_at_rest(self.db, "small")
                assert evidence_bytes(self.db, "small") == self.expected
                studies.delete(self.db, "small")
                self.completed += 1
        except StudyNotFoundError:
            with contextlib.suppress(StorageUnavailableError):
                submit(self.db)
        except StorageUnavailableError:
            return

    def measure(self, keeper: Any) -> dict[str, float]:
        """Sizes of everything now."""
        row: dict[str, float] = {}
        for name, process in (("service", self.fleet.started[0]), ("worker", keeper)):
            seen = psutil.Process(process.pid)
            row |= {f"{name} RSS MB": seen.memory_info().rss / 2**20, f"{name} fds": seen.num_fds()}
            row[f"{name} threads"] = seen.num_threads()
        ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'golden-%'"
        dead = "SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables"
        size = "SELECT pg_database_size(current_database()) / 1048576.0"
        with self.db.read() as connection:
            for name, text in (("connections", ours), ("dead tuples", dead), ("database MB", size)):
                row[name] = float(connection.execute(sa.text(text)).scalar_one())
        return row

    def _kill(self) -> None:
        self.victim.kill()
        self.victim.wait()
        self.victim = self.fleet.worker(self.url, *OPTIONS)

    def _freeze(self) -> None:
        self.victim.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.5, 8.0))  # sometimes past its lease
        self.victim.send_signal(signal.SIGCONT)


def test_f41_nothing_grows_under_faults(fleet: Fleet, ledger: Ledger, undisturbed: bytes, tmp_path: Path) -> None:
    samples = Samples()
    with postgres_server(autovacuum_naptime="15s", max_connections=60) as server:
        name = server.create(migrated=True)
        with server.open(name) as db:
            submit(db)
            base = fleet.service(server.url(name), GOLDEN_LOG_FORMAT="json")
            keeper = fleet.worker(server.url(name), *OPTIONS)
            with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
                soak = Soak(server, db, server.url(name), fleet, client, undisturbed, _chance())
                soak.victim = fleet.worker(soak.url, *OPTIONS)
                wait_until(lambda: runs_done(db, "small") > 0, what="a first result")
                _run(soak, keeper, samples)
        assert fleet.started[0].poll() is None, "the service died"
        assert keeper.poll() is None, "the worker that nobody killed died"
        _check_bounds(samples)
    assert soak.statuses[0] == 0, "a request was not answered"
    assert set(soak.statuses) <= {200, 404, 503}, soak.statuses  # 404: between deletion and the next submission
    assert soak.completed >= MINUTES / 3
    _write(ledger, samples, soak)


def _chance() -> random.Random:
    return random.Random(int(os.environ.get("GOLDEN_SOAK_SEED", "1")))


def _run(soak: Soak, keeper: Any, samples: Samples) -> None:
    started = time.monotonic()
    due_fault = due_sample = started
    while (now := time.monotonic()) - started < 60 * MINUTES:
        soak.ask()
        soak.turn_over()
        if now >= due_sample:
            due_sample = now + SAMPLE_SECONDS
            try:
                samples.add(now - started, soak.measure(keeper))
            except StorageUnavailableError:
                due_sample = now + 0.5
        if now >= due_fault:
            due_fault = now + soak.chance.uniform(*FAULT_SECONDS)
            soak.strike()
        time.sleep(1.0)


def _check_bounds(samples: Samples) -> None:
    """No leak that shows within the time: a leak of a descriptor or a connection for each fault would."""
    for name in ("service fds", "worker fds", "service threads", "worker threads", "connections"):
        assert samples.growth(name) <= 4, (name, samples.values[name])
    assert samples.growth("service RSS MB") < 25, samples.values["service RSS MB"]
    assert samples.growth("worker RSS MB") < 60, samples.values["worker RSS MB"]
    assert max(samples.values["connections"]) <= 2 * 5 + 2 * 4 + 2


def _write(ledger: Ledger, samples: Samples, soak: Soak) -> None:
    figures = {}
    for name in samples.values:
        values = samples.settled(name)[1]
        figures[name] = [round(float(np.median(values)), 1), round(samples.growth(name), 2)]
    ledger.write(
        "F41",
        f"soak of {MINUTES:g} minutes",
        n=sum(soak.faults.values()),
        faults=dict(soak.faults),
        studies=soak.completed,
        answers={str(status): count for status, count in soak.statuses.items()},
        rss_slope_mb_h={w: round(samples.slope(f"{w} RSS MB"), 1) for w in ("service", "worker")},
        median_and_growth=figures,
        worst_dead_tuples=max(samples.values["dead tuples"]),
    )
