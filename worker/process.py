"""One worker process, from its settings to its end in good order; on several devices a supervisor of such processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from types import FrameType

import structlog
import torch

from studies.errors import StorageUnavailableError
from studies.storage.engine import Database, open_database
from studies.storage.migrate import require_current
from studies.storage.patience import WORKER
from worker.admission import Admission
from worker.datasets import DatasetCache
from worker.devices import Supervisor, describe, end_with_parent, find_devices, limit_threads
from worker.heartbeat_file import HeartbeatFile
from worker.outages import Outages
from worker.runner import Runner
from worker.settings import Settings
from worker.software import software
from worker.status import Status

REGISTER_SECONDS = 30.0  # in which a database that restarts is back; a worker at work waits without an end
REGISTER_PAUSE = 0.5  # seconds between attempts
SWITCH_SECONDS = 0.0005  # the thread that stores keeps the interpreter no longer from one whose kernel has ended
log = structlog.get_logger("worker")


def run(settings: Settings, arguments: Sequence[str]) -> int:
    """Works until stopped: in this process on one device, or in a child for each of several.

    Args:
        settings: in force here.
        arguments: the command line, which children get again.

    Returns:
        The exit code.

    Raises:
        ValueError: a device is not here, or a setting is missing or names nothing usable.
        GoldenError: the database cannot be used.
    """
    end_with_parent(settings.supervisor_pid)
    devices = find_devices(settings.device)
    url = settings.url()
    if len(devices) > 1:
        os.environ["GOLDEN_DATABASE_URL"] = url
        return Supervisor(devices, child_arguments(arguments)).run()
    return work(settings, url=url, device=devices[0])


def work(settings: Settings, *, url: str, device: str) -> int:
    """Runs one worker on one device until it is stopped; returns the exit code.

    Raises:
        GoldenError: the database cannot be used.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    limit_threads(settings.threads)
    db = open_database(url, application="golden-worker", patience=WORKER)
    try:
        runner = _runner(settings, db, device)
        _stop_on_signal(runner.stopping)
        if not _register(runner):
            return 0
        log.info("ready", worker=runner.status.name, device=runner.status.device, database=db.url_shown)
        try:
            runner.run(idle_exit=settings.exit_when_idle)
        finally:
            log.info("stopped", **runner.occupancy.summary())
            with contextlib.suppress(StorageUnavailableError):  # the database is away: it will miss the heartbeats
                runner.status.retire()
    finally:
        db.dispose()
    return 0


def child_arguments(arguments: Sequence[str]) -> list[str]:
    """The options without --database (children read it from the environment), --name and --device (one each)."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("--database", "--name", "--device"):
            skip = True
        elif not argument.startswith(("--database=", "--name=", "--device=")):
            kept.append(argument)
    return kept


def _register(runner: Runner, *, seconds: float = REGISTER_SECONDS) -> bool:
    """Checks the schema and registers, waiting at most `seconds` for a database that is away; False: stopped before."""
    due, outages = time.monotonic() + seconds, Outages()
    while not runner.stopping.is_set():
        try:
            require_current(runner.db)
            runner.status.register()
        except StorageUnavailableError as error:
            if not error.passes or time.monotonic() > due:
                raise
            outages.note("database unavailable: this worker cannot start yet", error, waits_at_most=seconds)
            runner.stopping.wait(REGISTER_PAUSE)
        else:
            return True
    return False


def _runner(settings: Settings, db: Database, device: str) -> Runner:
    name = settings.worker_name or f"{socket.gethostname()}-{os.getpid()}-{device.replace(':', '')}"
    torch_device = torch.device(device)
    heartbeat_file = HeartbeatFile(settings.heartbeat_dir, device)
    heartbeat_file.prepare()
    return Runner(
        db=db,
        status=Status(
            db=db,
            name=name,
            device=describe(device),
            torch_device=torch_device,
            lease_seconds=settings.lease_seconds,
            heartbeat_file=heartbeat_file,
        ),
        admission=Admission(
            db, settings.data_dir, settings.study or None, worker=name, software=partial(software, device)
        ),
        data=DatasetCache(settings.data_dir, torch_device),
        device=torch_device,
        lease_seconds=settings.lease_seconds,
        poll_seconds=settings.poll_seconds,
        stack_limit=settings.max_lanes,
    )


def _stop_on_signal(stopping: threading.Event) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(128 + number)  # the second signal: the leases run out by themselves
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
