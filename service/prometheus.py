"""Metrics for Prometheus: those that this process counts, and those that a scrape reads from the database.

Names are `golden_*`, documented by their help texts; the shipped dashboard and alerts use them. A scrape costs the
database a few indexed queries; several scrapes in a row cost them once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from studies.errors import GoldenError
from studies.outcomes import WORDS
from studies.storage.engine import Database
from studies.storage.release import VERSION
from studies.storage.snapshot import Snapshot, WorkerGauge, snapshot
from studies.storage.workers import ALIVE_SECONDS

KEPT_SECONDS = 2.0  # a snapshot serves every scrape within this time
TRAINING = ("training", "draining")  # states in which a worker may train
REST = 20.0  # or for this multiple of the time that taking it took
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
VERDICT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """All metrics of one application, in a registry of its own.

    Args:
        db: read at each scrape.
        listeners: the number of event streams that are open.
    """

    def __init__(self, db: Database, *, listeners: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Histogram(
            "golden_request_seconds",
            "Time until an answer began, by route template and status.",
            ("method", "route", "status"),
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self.verdicts = Histogram(
            "golden_verdict_seconds", "Time that judging a study took.", buckets=VERDICT_BUCKETS, registry=registry
        )
        self.reaped = Counter("golden_leases_reaped", "Expired leases that this service reaped.", registry=registry)
        self.moved = Counter("golden_sweeps_moved", "Sweeps that were moved to a next phase.", registry=registry)
        self.failed_ticks = Counter("golden_ticks_failed", "Background rounds that failed.", registry=registry)
        self.refused = Counter(
            "golden_requests_refused", "Requests refused for coming too often.", ("kind",), registry=registry
        )
        for kind in (
            "write",
            "preview",
            "token",
            "code",
        ):  # there from the start, so that an increase from nothing shows
            self.refused.labels(kind)
        self.webhooks = Counter(
            "golden_webhook_attempts",
            "Attempts to deliver a notice; failed: to be repeated.",
            ("webhook", "outcome"),
            registry=registry,
        )
        Gauge("golden_build", "1, with this program's version.", ("version",), registry=registry).labels(VERSION).set(1)
        streams = Gauge("golden_event_streams", "Event streams open now.", registry=registry)
        streams.set_function(listeners)
        ProcessCollector(registry=registry)
        registry.register(DatabaseCollector(db))

    def expect_webhook(self, name: str) -> None:
        """Show a webhook's attempts from the start, so that an increase from nothing shows."""
        for outcome in ("delivered", "failed", "given_up"):
            self.webhooks.labels(name, outcome)


class DatabaseCollector(Collector):
    """Turns a snapshot of the database into metrics; while the database is away it gives `golden_database_up` alone."""

    def __init__(self, db: Database, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._db = db
        self._kept_seconds = kept_seconds
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        """No metrics, so that registering does not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The metrics now, or those of a moment ago."""
        taken = self._snapshot()
        yield GaugeMetricFamily("golden_database_up", "1 if the database answers.", value=float(taken is not None))
        if taken is not None:
            yield from _of_queue(taken)
            yield from _of_workers(taken.workers)

    def _snapshot(self) -> Snapshot | None:
        with self._lock:
            if time.monotonic() >= self._until:
                started = time.monotonic()
                try:
                    self._last = snapshot(self._db)
                except GoldenError:
                    self._last = None
                ended = time.monotonic()
                self._until = ended + max(self._kept_seconds, REST * (ended - started))
            return self._last


def _of_queue(taken: Snapshot) -> Iterator[Metric]:
    yield GaugeMetricFamily("golden_queue_depth", "Trials that a worker may claim now.", value=taken.queue_depth)
    yield _by("golden_trials", "Trials; ended: complete, or cancelled with their study.", "state", taken.trials)
    yield _by("golden_studies", "Studies.", "state", taken.studies)
    runs = {"done": taken.runs_done, "diverged": taken.runs_diverged}
    text = "Runs stored; diverged: those of them that ended at chance or broke, whatever the cause."
    yield _by("golden_runs", text, "outcome", runs)
    failed = {cause.value: taken.causes.get(cause, 0) for cause in WORDS}
    text = "Runs that ended at chance or broke; untrained ones learned too slowly, of chance the cause is not known."
    yield _by("golden_runs_failed", text, "cause", failed)
    waiting = "Deliveries to webhooks that have not arrived yet."
    yield GaugeMetricFamily("golden_webhook_deliveries_waiting", waiting, value=taken.deliveries_waiting)
    yield GaugeMetricFamily("golden_leases_expired", "Leases that ran out, not yet reaped.", value=taken.leases_expired)


def _of_workers(workers: tuple[WorkerGauge, ...]) -> Iterator[Metric]:
    alive = [worker for worker in workers if _is_alive(worker)]
    yield GaugeMetricFamily("golden_workers_alive", "Workers with a recent heartbeat.", value=len(alive))
    other = sum(1 for w in alive if w.version != VERSION)
    yield GaugeMetricFamily("golden_workers_other_version", "Workers alive that run another version.", value=other)
    seen = GaugeMetricFamily(
        "golden_worker_last_seen_seconds", "Time since a worker's heartbeat.", labels=("worker", "device")
    )
    runs = CounterMetricFamily("golden_worker_runs", "Runs that a worker finished.", labels=("worker",))
    speed = GaugeMetricFamily("golden_worker_images_per_second", "Speed of a worker that trains.", labels=("worker",))
    for worker in workers:
        if worker.state != "gone":  # a worker that stopped by itself is not missed
            seen.add_metric((worker.name, worker.device), worker.seconds_since_seen)
        runs.add_metric((worker.name,), worker.runs_done)
        if worker.images_per_second is not None and _is_alive(worker) and worker.state in TRAINING:
            speed.add_metric((worker.name,), worker.images_per_second)
    yield from (seen, runs, speed)


def _is_alive(worker: WorkerGauge) -> bool:
    return worker.state != "gone" and worker.seconds_since_seen <= ALIVE_SECONDS


def _by(name: str, text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
