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
from worker.admission import Admission
from worker.datasets import DatasetCache
from worker.devices import Supervisor, describe, end_with_parent, find_devices
from worker.logs import configure_logs
from worker.runner import Runner
from worker.software import software
from worker.status import Status

ARRIVALS = 5  # attempts to reach the database at the start; whoever supervises the worker makes more
ARRIVAL_PAUSE = 0.5  # seconds between them
SWITCH_SECONDS = 0.0005  # what storing runs beside may keep the interpreter from threads that come back from a kernel
log = structlog.get_logger("worker")


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Options over `GOLDEN_*` settings over defaults."""
    env = os.environ
    parser = argparse.ArgumentParser(
        prog="golden-worker",
        description="Trains the trials of golden-study. Needs nothing but the database.",
        epilog="The database URL is read from GOLDEN_DATABASE_URL or the file GOLDEN_DATABASE_URL_FILE, so that a "
        "password never shows in a process list; --database is for URLs without one.",
    )
    parser.add_argument("--database", metavar="URL", help="default: GOLDEN_DATABASE_URL")
    parser.add_argument("--device", default=env.get("GOLDEN_DEVICE", "auto"), help="auto, cpu, cuda, cuda:N [auto]")
    parser.add_argument("--name", default=env.get("GOLDEN_WORKER_NAME"), help="name of this worker [host-pid-device]")
    parser.add_argument("--data-dir", type=Path, default=Path(env.get("GOLDEN_DATA_DIR", "data")), help="data sets")
    parser.add_argument("--study", action="append", metavar="NAME", help="work on this study only; may be repeated")
    parser.add_argument("--max-lanes", type=_whole, default=env.get("GOLDEN_MAX_LANES", "0"), help="0: by memory")
    parser.add_argument("--threads", type=_whole, default=env.get("GOLDEN_THREADS", "0"), help="CPU threads; 0: all")
    parser.add_argument("--lease-seconds", type=_seconds, default=env.get("GOLDEN_LEASE_SECONDS", "60"))
    parser.add_argument("--poll-seconds", type=_seconds, default=env.get("GOLDEN_POLL_SECONDS", "1"))
    parser.add_argument("--exit-when-idle", type=_seconds, metavar="SECONDS", help="stop once nothing waited so long")
    parser.add_argument("--log-format", choices=("console", "json"), default=env.get("GOLDEN_LOG_FORMAT", "console"))
    found = parser.parse_args(argv)
    if found.log_format not in ("auto", "console", "json"):  # `choices` does not check a default
        parser.error(f"GOLDEN_LOG_FORMAT is {found.log_format!r}; use console or json")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = parse_arguments(argv)
    configure_logs(options.log_format)
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
    if options.threads:
        torch.set_num_threads(options.threads)
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
    return Runner(
        db=db,
        status=Status(
            db=db,
            name=name,
            device=describe(device),
            torch_device=torch_device,
            lease_seconds=options.lease_seconds,
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


def _whole(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to 100000")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0.05 to 86400")
    return value


def _complain(error: Exception, code: int) -> int:
    print(f"golden-worker: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
