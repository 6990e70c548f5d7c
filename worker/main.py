"""The `golden-worker` command: reads its settings once, then works until told to stop.

Exit codes: 0 stopped in good order, 1 failed, 2 bad option or setting, 3 schema not current, 4 database unreachable,
5 a training hung and was given up, 130 or 143 stopped at once by a second SIGINT or SIGTERM. The first one hands the
trials in hand back and stops. Whatever ends the process, its trials are claimed again once their leases run out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType

import structlog
import torch

from studies.errors import GoldenError, SchemaError, StorageUnavailableError
from studies.storage.engine import Database, open_database
from studies.storage.migrate import require_current
from studies.variables import unknown_keys
from worker.admission import Admission
from worker.datasets import DatasetCache
from worker.devices import PARENT, Supervisor, describe, end_with_parent, find_devices, limit_threads
from worker.logs import configure_logs
from worker.options import parse_arguments
from worker.runner import Runner
from worker.sign_of_life import SignOfLife
from worker.software import software
from worker.status import Status

ARRIVALS = 5  # attempts to reach the database at the start; whoever supervises the worker makes more
ARRIVAL_PAUSE = 0.5  # seconds between them
SWITCH_SECONDS = 0.0005  # what storing runs beside may keep the interpreter from threads that come back from a kernel
log = structlog.get_logger("worker")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = parse_arguments(argv)
    configure_logs(options.log_format)
    if PARENT not in os.environ:  # else whoever started this one has said it
        for line in unknown_keys(os.environ):
            log.warning(line)
    end_with_parent()
    try:
        devices = find_devices(options.device)
        url = database_url(options.database)
        if len(devices) > 1:
            os.environ["GOLDEN_DATABASE_URL"] = url
            return Supervisor(devices, _child_arguments(argv)).run()
        return work(options, url=url, device=devices[0])
    except SchemaError as error:
        return _complain(error, 3)
    except StorageUnavailableError as error:
        return _complain(error, 4)
    except (ValueError, GoldenError) as error:  # an option, or a URL that names no usable database
        return _complain(error, 2)


def database_url(option: str | None) -> str:
    """The URL from the option, the environment or a secret's file.

    Raises:
        ValueError: none of them names a database, or the file cannot be read.
    """
    if option:
        return option
    if url := os.environ.get("GOLDEN_DATABASE_URL"):
        return url
    if file := os.environ.get("GOLDEN_DATABASE_URL_FILE"):
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise ValueError(f"GOLDEN_DATABASE_URL_FILE names {file!r}, which cannot be read: {error}") from None
    raise ValueError("no database: set GOLDEN_DATABASE_URL, or give --database sqlite:///data/golden.db")


def work(options: argparse.Namespace, *, url: str, device: str) -> int:
    """Run one worker on one device until it is stopped."""
    sys.setswitchinterval(SWITCH_SECONDS)
    limit_threads(options.threads)
    db = open_database(url, application="golden-worker")
    try:
        runner = _runner(options, db, device)
        _stop_on_signal(runner.stopping)
        _arrive(runner)
        log.info("ready", worker=runner.status.name, device=runner.status.device, database=db.url_shown)
        try:
            runner.run(idle_exit=options.exit_when_idle)
        finally:
            log.info("stopped", **runner.occupancy.summary())
            with contextlib.suppress(StorageUnavailableError):  # the database is away: silence says the same
                runner.status.retire()
    finally:
        db.dispose()
    return 0


def _arrive(runner: Runner) -> None:
    """Check the schema and register; a connection that breaks just now is no reason to give up."""
    for _ in range(ARRIVALS - 1):
        try:
            require_current(runner.db)
            return runner.status.register()
        except StorageUnavailableError as error:
            log.warning("database unavailable", error=str(error), retry_in=ARRIVAL_PAUSE)
            runner.stopping.wait(ARRIVAL_PAUSE)
    require_current(runner.db)
    return runner.status.register()


def _runner(options: argparse.Namespace, db: Database, device: str) -> Runner:
    name = options.name or f"{socket.gethostname()}-{os.getpid()}-{device.replace(':', '')}"
    torch_device = torch.device(device)
    sign = SignOfLife(options.heartbeat_dir, device)
    sign.prepare()
    return Runner(
        db=db,
        status=Status(
            db=db,
            name=name,
            device=describe(device),
            torch_device=torch_device,
            lease_seconds=options.lease_seconds,
            sign=sign,
        ),
        admission=Admission(
            db,
            options.data_dir,
            tuple(options.study) if options.study else None,
            worker=name,
            software=partial(software, device),
        ),
        data=DatasetCache(options.data_dir, torch_device),
        device=torch_device,
        lease_seconds=options.lease_seconds,
        poll_seconds=options.poll_seconds,
        stack_limit=options.max_lanes,
    )


def _stop_on_signal(stopping: threading.Event) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(128 + number)  # asked twice: the lease will run out by itself
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _child_arguments(argv: Sequence[str] | None) -> list[str]:
    """The options without --database (children read it from the environment) and without --name (one each)."""
    given = list(sys.argv[1:] if argv is None else argv)
    kept: list[str] = []
    skip = False
    for argument in given:
        if skip:
            skip = False
        elif argument in ("--database", "--name", "--device"):
            skip = True
        elif not argument.startswith(("--database=", "--name=", "--device=")):
            kept.append(argument)
    return kept


def _complain(error: Exception, code: int) -> int:
    print(f"golden-worker: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
